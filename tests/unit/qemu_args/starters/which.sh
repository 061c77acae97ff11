#!/bin/sh
QEMU=$(command -v qemu-system-x86_64)
[ -z "$QEMU" ] && exit 1
"$QEMU" -m 512 -net nic -net user
