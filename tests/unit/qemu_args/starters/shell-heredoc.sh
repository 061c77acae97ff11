#!/bin/bash
sudo bash <<EOF
ip link add br0 type bridge
qemu-system-x86_64 -m 1G -nic bridge,br=br0
EOF
