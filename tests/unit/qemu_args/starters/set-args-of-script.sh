#!/bin/sh
set -- -nic user,model=virtio "$@"
qemu-system-x86_64 "$@"
