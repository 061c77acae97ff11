#!/bin/sh
# the tap is plugged in by /etc/qemu-ifup
MAC=52:54:00:12:34:99
sudo qemu-system-x86_64 -enable-kvm -m 1024 -hda debian.img \
  -net nic,model=virtio,macaddr=$MAC \
  -net tap,ifname=tap7,script=/etc/qemu-ifup,downscript=/etc/qemu-ifdown
