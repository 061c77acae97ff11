#!/bin/bash
cmd_run() { qemu-system-x86_64 -m 512 -nic user,model=e1000; }
cmd_debug() { qemu-system-x86_64 -m 512 -nic none -s -S; }
"cmd_$1"
