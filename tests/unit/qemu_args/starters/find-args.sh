#!/bin/bash
find . -name '*.img' | xargs -n1 qemu-system-x86_64 -nic user -hda
