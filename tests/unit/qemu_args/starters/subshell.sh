#!/bin/bash
BR=br0
(
  BR=br1
  cd /tmp || exit
  qemu-system-x86_64 -m 128 -name a -nic bridge,br=$BR
)
qemu-system-x86_64 -m 128 -name b -nic bridge,br=$BR
