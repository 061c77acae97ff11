#!/bin/sh
if [ -c /dev/kvm ]; then
  qemu-system-x86_64 -enable-kvm -m 1G -nic user,model=e1000,mac=52:54:00:0a:0a:0a
else
  qemu-system-x86_64 -m 1G -nic user,model=e1000,mac=52:54:00:0a:0a:0a
fi
