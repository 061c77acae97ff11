"""What is said about each command: for `--help`, the manual pages and the reference."""
