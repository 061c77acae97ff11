#!/bin/bash
MACHINE=$(cat machine.conf)
qemu-system-x86_64 -M $MACHINE,accel=kvm -m 512 -nic user,model=e1000
