"""The kernel's own account of packets: nftables' tracing."""
