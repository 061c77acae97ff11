#!/bin/sh
ssh root@host "qemu-system-x86_64 -m 1G -nic bridge,br=br0"
