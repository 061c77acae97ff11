#!/bin/bash
if ip link show br0 >/dev/null 2>&1; then
  NETOPTS="-netdev bridge,id=n0,br=br0"
else
  NETOPTS="-netdev user,id=n0"
fi
qemu-system-x86_64 -m 1G $NETOPTS -device virtio-net-pci,netdev=n0
