#!/bin/sh
if [ "$1" = bridged ]; then
  qemu-system-x86_64 -m 1G -nic bridge,br=br0
else
  qemu-system-x86_64 -m 1G -nic user
fi
