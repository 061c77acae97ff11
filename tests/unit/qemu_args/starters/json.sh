#!/bin/bash
qemu-system-x86_64 -m 512 -netdev '{"type":"user","id":"n0"}' \
  -device "{\"driver\":\"virtio-net-pci\",\"netdev\":\"n0\",\"mac\":\"52:54:00:00:00:51\"}"
