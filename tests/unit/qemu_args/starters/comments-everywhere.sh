#!/bin/sh
# don't use qemu-system-x86_64 -nic tap here
qemu-system-x86_64 -m 512 `# memory` \
  -nic user # it's enough
# qemu-system-x86_64 -nic bridge
echo "# qemu-system-x86_64 -nic tap"
