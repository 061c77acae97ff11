"""What shows how things are, on libvirt's test driver."""
