"""What was seen of the paths of guests' packets through one host, and what is found in it."""
