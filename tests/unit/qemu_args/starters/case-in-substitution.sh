#!/bin/bash
MEM=$(case "$1" in small) echo 512;; big) echo 4096 ;; *) echo 1024;; esac)
BR=$(case lan in lan) echo br0;; wan) echo br1;; esac)
qemu-system-x86_64 -m $MEM -nic bridge,br=$BR
