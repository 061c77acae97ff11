#!/bin/sh
i=0
while [ $i -lt 2 ]; do
  qemu-system-x86_64 -m 128 -name w$i -nic bridge,br=br$i
  i=$((i + 1))
done
