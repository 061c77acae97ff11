#!/bin/bash
usage() {
  cat <<EOF
Usage: $0 [options]
  starts qemu-system-x86_64 -m MEM with the guest's disk
  it's for testing only
EOF
  exit 1
}
[[ $1 == -h ]] && usage
qemu-system-x86_64 -m 1G -nic tap,ifname=tap3,script=no,downscript=no -hda disk.img
