#!/bin/bash
opts=(user model=e1000 mac=52:54:00:00:00:31)
nic=$(IFS=,; echo "${opts[*]}")
qemu-system-x86_64 -m 512 -nic "$nic"
