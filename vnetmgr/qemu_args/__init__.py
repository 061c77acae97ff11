"""QEMU's command line and nics: what the arguments mean, without running anything."""
