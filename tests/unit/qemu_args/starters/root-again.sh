#!/bin/bash
if [ "$EUID" -ne 0 ]; then exec sudo "$0" "$@"; fi
modprobe tun
RUNAS=${SUDO_USER:-root}
qemu-system-x86_64 -runas $RUNAS -m 512 -netdev tap,id=n1,ifname=tap1,script=./up.sh,downscript=./down.sh -device e1000,netdev=n1 2>&1 | tee -a qemu.log
