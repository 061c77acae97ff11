#!/bin/sh
die() { echo "$*" >&2; exit 1; }
[ -r "$1" ] || die "no image"
[ $# -gt 1 ] || { echo "no memory size"; exit 2; }
command -v qemu-system-x86_64 >/dev/null 2>&1 || die "install qemu"
qemu-system-x86_64 -m "$2" -hda "$1" -net nic,model=ne2k_pci -net user 2>&1>/dev/null
