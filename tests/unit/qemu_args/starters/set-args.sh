#!/bin/sh
set -- -m 512 -nographic
set -- "$@" -netdev user,id=n0 -device "e1000,netdev=n0,mac=52:54:00:0f:0f:01"
if [ -e /dev/kvm ]; then
  set -- -enable-kvm "$@"
fi
exec qemu-system-x86_64 "$@"
