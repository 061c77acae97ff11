"""The next Debian, whose libvirt and QEMU are newer."""
