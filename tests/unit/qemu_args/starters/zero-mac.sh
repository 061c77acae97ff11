#!/bin/sh
qemu-system-x86_64 -m 128 -net nic,macaddr=00:00:00:00:00:00 -net user
