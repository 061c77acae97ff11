#!/bin/bash
ARCH=${1:?which}
qemu-system-$ARCH -m 512 -nic user
