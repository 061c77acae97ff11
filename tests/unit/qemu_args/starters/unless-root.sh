#!/bin/bash
SUDO=
if [ "$EUID" -ne 0 ]; then SUDO=sudo; fi
$SUDO qemu-system-x86_64 -m 128 -nic bridge,br=br0
