#!/bin/sh
vde_switch -tap tap0 -mod 660 -group kvm -daemon -sock /run/vde.ctl
sysctl -w net.ipv4.ip_forward=1
iptables -t nat -A POSTROUTING -s 10.0.2.0/24 -o wlan0 -j MASQUERADE
vdeq qemu-system-x86_64 -net nic,vlan=0,macaddr=52:54:00:00:EE:03 -net vde,vlan=0,sock=/run/vde.ctl -hda a.img
