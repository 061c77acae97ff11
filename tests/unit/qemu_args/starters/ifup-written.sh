#!/bin/bash
cat > qemu-ifup.sh <<'EOF'
#!/bin/sh
# it's called with the tap's name
ip link set "$1" up
ip link set "$1" master br0
EOF
chmod +x qemu-ifup.sh
qemu-system-x86_64 -m 512 -netdev tap,id=n1,ifname=vmtap0,script=./qemu-ifup.sh,downscript=no \
  -device virtio-net-pci,netdev=n1,mac=52:54:00:00:00:11 -hda disk.qcow2
