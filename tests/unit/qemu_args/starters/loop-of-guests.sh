#!/bin/bash
# three nodes of a cluster
for i in 1 2 3; do
  mac=$(printf '52:54:00:ab:cd:%02x' "$i")
  qemu-system-x86_64 -name node$i -m 512 -drive file=node$i.qcow2 \
    -netdev tap,id=n$i,ifname=tap$i,script=no,downscript=no \
    -device virtio-net-pci,netdev=n$i,mac=$mac \
    -daemonize -pidfile node$i.pid
done
