"""What this machine knows of where its guests' packets go, a reader for each part of it."""
