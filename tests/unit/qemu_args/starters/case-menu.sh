#!/bin/bash
echo "1) router  2) client"
read -p "which? " choice
case $choice in
1)
  qemu-system-x86_64 -name router -m 256 \
    -netdev socket,id=lan,listen=:4444 -device e1000,netdev=lan,mac=52:54:00:00:01:01 \
    -netdev user,id=wan -device e1000,netdev=wan,mac=52:54:00:00:01:02
  ;;
2)
  qemu-system-x86_64 -name client -m 256 \
    -netdev socket,id=lan,connect=127.0.0.1:4444 -device e1000,netdev=lan,mac=52:54:00:00:01:03
  ;;
*) echo "no such guest"; exit 1 ;;
esac
