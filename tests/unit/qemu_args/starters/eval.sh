#!/bin/bash
CMD="qemu-system-x86_64 -m 512 -nic user"
CMD="$CMD -name 'my guest'"
eval $CMD
