#!/bin/sh
qemu-system-x86_64 -m 128 \
  -nic user,model=e1000 \
# -nic tap \
  -nic none
