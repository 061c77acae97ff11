#!/bin/bash
mapfile -t keys < keys.txt
echo "${#keys[@]} keys"
qemu-system-x86_64 -m 512 -nic user,model=e1000
