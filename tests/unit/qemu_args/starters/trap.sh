#!/bin/bash
TAP=tap5
cleanup() {
  sudo ip link del "$TAP"
}
trap cleanup EXIT INT
sudo ip tuntap add dev "$TAP" mode tap user "$USER"
sudo ip link set "$TAP" up master br0
qemu-system-x86_64 -m 512 -netdev tap,id=n0,ifname="$TAP",script=no,downscript=no -device rtl8139,netdev=n0
