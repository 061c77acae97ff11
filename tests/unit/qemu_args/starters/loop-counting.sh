#!/bin/bash
for ((i = 0; i < 2; i++)); do
  qemu-system-x86_64 -m 128 -name c$i -nic tap,ifname=ct$i,script=no,downscript=no,mac=52:54:00:01:00:0$((i + 1)) &
done
