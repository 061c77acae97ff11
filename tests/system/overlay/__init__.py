"""Networks that span hosts, on real ones."""
