"""OVN between hosts: its databases, and hosts that it switches on."""
