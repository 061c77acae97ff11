#!/bin/bash
qemu-system-x86_64 -m 1G -chardev socket,id=char0,path=$XDG_RUNTIME_DIR/vu.sock \
  -netdev vhost-user,id=vu0,chardev=char0 -device virtio-net-pci,netdev=vu0
