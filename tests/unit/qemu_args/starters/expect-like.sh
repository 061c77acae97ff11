#!/usr/bin/expect -f
spawn qemu-system-x86_64 -nic user
