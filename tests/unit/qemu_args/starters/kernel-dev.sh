#!/bin/sh
# boots the kernel of the current tree
KERNEL=${KERNEL:-arch/x86/boot/bzImage}
ROOTFS=$1
CMDLINE="root=/dev/vda rw console=ttyS0 nokaslr"
[ -n "$DEBUG" ] && CMDLINE="$CMDLINE loglevel=8"
qemu-system-x86_64 \
	-kernel $KERNEL \
	-drive file="$ROOTFS",if=virtio,format=raw \
	-append "$CMDLINE" \
	-m 2G -smp `nproc` -nographic -s -S \
	-nic user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:10022-:22
