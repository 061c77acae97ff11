#!/bin/bash
declare -A macs=([web]=52:54:00:00:bb:01 [db]=52:54:00:00:bb:02)
macs[mail]=52:54:00:00:bb:03
for vm in web db mail; do
  qemu-system-x86_64 -name $vm -nic bridge,br=br0,mac=${macs[$vm]} -daemonize
done
