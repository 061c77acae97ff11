#!/bin/bash
set -e
NAME=cloud1
mkdir -p seed
cat > seed/user-data <<EOF
#cloud-config
hostname: $NAME
users:
  - name: admin
    ssh_authorized_keys:
      - $(cat ~/.ssh/id_ed25519.pub)
runcmd:
  - [ sh, -c, "echo it's up > /run/up" ]
EOF
cat > seed/meta-data <<-EOF
	instance-id: $NAME
	local-hostname: $NAME
	EOF
genisoimage -output seed.iso -volid cidata -joliet -rock seed/user-data seed/meta-data
qemu-img create -f qcow2 -b base.img $NAME.qcow2 10G
qemu-system-x86_64 -name $NAME -m 2048 -drive file=$NAME.qcow2,if=virtio -cdrom seed.iso \
  -netdev user,id=net0,hostfwd=tcp::2200-:22,hostfwd=tcp::8000-:80 \
  -device virtio-net-pci,netdev=net0,mac=52:54:00:c1:00:01 -display none -daemonize
