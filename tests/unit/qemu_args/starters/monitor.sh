#!/bin/bash
MON=/tmp/qemu-$USER.mon
start() {
  qemu-system-x86_64 -m 512 -monitor unix:$MON,server,nowait \
    -chardev socket,id=ser0,path=/tmp/$USER.ser,server=on,wait=off -serial chardev:ser0 \
    -netdev user,id=n0 -device virtio-net-pci,netdev=n0,id=nic0 -daemonize
}
stop() { echo system_powerdown | socat - UNIX-CONNECT:$MON; }
case "$1" in
  start) start ;;
  stop) stop ;;
  restart) stop; sleep 5; start ;;
  *) echo "$0 start|stop|restart" >&2; exit 64 ;;
esac
