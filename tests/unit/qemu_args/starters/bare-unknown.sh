#!/bin/sh
qemu-system-x86_64 -m 512 -nic user $EXTRA_ARGS
