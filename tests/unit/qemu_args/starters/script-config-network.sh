#!/bin/bash
. ./vm.conf
qemu-system-x86_64 -m 512 -nic "bridge,br=$BRIDGE"
