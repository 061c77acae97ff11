#!/bin/bash
source ./vm.conf
qemu-system-x86_64 -m "$MEM" -nic bridge,br=br7
