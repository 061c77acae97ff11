#!/bin/bash
port=2222
for image in images/*.qcow2; do
  qemu-system-x86_64 -m 512 -drive file="$image" -nic user,hostfwd=tcp::$port-:22
  port=$((port + 1))
done
