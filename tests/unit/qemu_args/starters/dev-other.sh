qemu-system-x86_64 -device virtio-blk-pci,drive=$D -device usb-host,$USB -nic none
