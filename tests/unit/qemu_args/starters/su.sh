#!/bin/sh
su - kvm -c 'qemu-system-x86_64 -m 1G -nic user'
