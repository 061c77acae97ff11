#!/bin/bash
QEMU_BUILD=${QEMU_BUILD:-$HOME/src/qemu/build}
QEMU=$QEMU_BUILD/qemu-system-x86_64
$QEMU -M q35 -m 512 -nic user
