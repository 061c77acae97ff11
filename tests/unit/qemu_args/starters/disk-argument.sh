#!/bin/sh
[ $# -eq 1 ] || exit 1
qemu-system-x86_64 -m 512 -nic user,model=i82551 -drive format=raw,file="$1" -serial mon:stdio
