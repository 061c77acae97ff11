#!/bin/bash
MAC=$(printf '52:54:00:%02x:%02x:%02x' $((RANDOM % 256)) $((RANDOM % 256)) $((RANDOM % 256)))
qemu-system-x86_64 -m 512 -nic bridge,br=br0,mac=$MAC
