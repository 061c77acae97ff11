#!/bin/bash
for i in $(seq 1 2); do
  printf -v MAC '52:54:00:00:00:%02x' $i
  qemu-system-x86_64 -nic socket,mcast=230.0.0.1:1234,mac=$MAC -m 128 -name seq$i &
done
