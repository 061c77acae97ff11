"""What is done with OVN's database."""
