#!/bin/bash
sudo tee /etc/udev/rules.d/99-vhost.rules > /dev/null <<'RULES'
KERNEL=="vhost-net", GROUP="kvm", MODE="0660"
SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="52:54:00:*", RUN+="/usr/bin/true '$env{X}"
RULES
sudo udevadm control --reload
qemu-system-x86_64 -m 1G -netdev tap,id=t0,ifname=tap0,script=no,downscript=no,vhost=on \
  -device virtio-net-pci,netdev=t0
