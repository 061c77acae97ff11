"""Whether a guest can migrate to another host, and what would make it so. Nothing is migrated."""
