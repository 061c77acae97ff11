#!/bin/sh
: "${MEM:=1G}"
: ${BR:=br0}
qemu-system-x86_64 -m $MEM -nic bridge,br=${BR},mac=${MAC:-52:54:00:de:ad:01} ${SNAPSHOT:+-snapshot}
