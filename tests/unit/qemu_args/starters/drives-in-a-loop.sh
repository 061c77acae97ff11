#!/bin/bash
args=(-m 2G)
n=0
for disk in disks/*; do
  args+=(-drive "file=$disk,if=none,id=d$n" -device "scsi-hd,drive=d$n")
  ((n++))
done
args+=(-nic "bridge,br=br0,mac=52:54:00:77:88:99")
qemu-system-x86_64 "${args[@]}"
