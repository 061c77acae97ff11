#!/bin/bash
MODE="bridged"     # or: user
if [ "$MODE" = "bridged" ]; then
  NET=(-netdev bridge,id=n0,br=br0)
elif [[ $MODE == user* ]]; then
  NET=(-netdev user,id=n0)
fi
qemu-system-x86_64 -m 1G "${NET[@]}" -device virtio-net-pci,netdev=n0
