#!/bin/bash
while :; do
  qemu-system-x86_64 -no-reboot -m 1G -nic user,model=virtio
  rc=$?
  [ $rc -eq 0 ] && break
  sleep 5
done
