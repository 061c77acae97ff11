#!/bin/bash
net_lan="bridge,br=br0"
net_wan="bridge,br=br1"
for n in lan wan; do
  v=net_$n
  qemu-system-x86_64 -m 128 -name $n -nic "${!v}"
done
