#!/bin/bash
# one guest for each image
for image in images/*.qcow2; do
  qemu-system-x86_64 -m 512 -drive file="$image" -nic user,model=e1000 -snapshot
done
