#!/bin/bash
ARCH=$(uname -m)
qemu-system-$ARCH -m 512 -nic user,model=virtio-net-pci
