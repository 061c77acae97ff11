#!/bin/bash
SOCK=/var/run/openvswitch/vhost-user1
qemu-system-x86_64 -m 1G -object memory-backend-file,id=mem,size=1G,mem-path=/dev/hugepages,share=on \
  -numa node,memdev=mem -mem-prealloc \
  -chardev socket,id=char0,path=$SOCK \
  -netdev type=vhost-user,id=vu0,chardev=char0,vhostforce \
  -device virtio-net-pci,mac=52:54:00:00:00:61,netdev=vu0
