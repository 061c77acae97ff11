#!/bin/sh
[ -n "$MEM" ] || MEM=1G
test -z "$CPUS" && CPUS=2
qemu-system-x86_64 -m $MEM -smp $CPUS -nic user,model=e1000
