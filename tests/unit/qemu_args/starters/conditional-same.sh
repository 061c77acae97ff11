#!/bin/bash
if [ -w /dev/kvm ]; then
  ACCEL="-accel kvm -cpu host"
else
  ACCEL="-accel tcg,thread=multi"
fi
case "$(uname -m)" in
  x86_64) BIOS="-bios /usr/share/ovmf/OVMF.fd" ;;
  *) BIOS= ;;
esac
qemu-system-x86_64 $ACCEL $BIOS -m 1G -nic user,model=virtio-net-pci
