#!/bin/bash
usage() { echo "usage: $0 [-m MEM] [-c CPUS] [-d DISK]"; exit 1; }
MEM=1024
CPUS=2
DISK=disk.img
while getopts "m:c:d:h" opt; do
  case "$opt" in
    m) MEM="$OPTARG" ;;
    c) CPUS="$OPTARG" ;;
    d) DISK="$OPTARG" ;;
    h) usage ;;
    \?) usage ;;
  esac
done
shift $((OPTIND - 1))
qemu-system-x86_64 -m "$MEM" -smp "$CPUS" -drive "file=$DISK,if=virtio" \
  -netdev user,id=u1,hostfwd=tcp::5022-:22 -device virtio-net-pci,netdev=u1 "$@"
