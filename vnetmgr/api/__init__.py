"""What programs import: `vnetmgr` itself exports it (docs/api.md). The command line is built on it.

It prints nothing, installs no signal handlers, and raises VnetError.
"""
