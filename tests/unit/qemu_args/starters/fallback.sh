#!/bin/sh
qemu-system-x86_64 -enable-kvm -m 1G -nic user || qemu-system-x86_64 -m 1G -nic user
