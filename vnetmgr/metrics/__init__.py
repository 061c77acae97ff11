"""metrics: what Prometheus wants to know of a host's networking, once or for as long as it asks."""
