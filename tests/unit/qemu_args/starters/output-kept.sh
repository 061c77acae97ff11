#!/bin/bash
OUT=$(qemu-system-x86_64 -m 64 -nic none -display none -no-reboot 2>&1)
echo "$OUT" | grep -q PASS
