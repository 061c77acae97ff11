#!/bin/sh
IF=${TAP_IF:-${TAP_PREFIX:-tap}0}
qemu-system-x86_64 -m 128 -nic tap,ifname=$IF,script=no,downscript=no
