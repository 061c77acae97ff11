#!/bin/sh
mywrapper --fast qemu-system-x86_64 -m 1 -nic user
