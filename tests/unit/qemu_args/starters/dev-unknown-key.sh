qemu-system-x86_64 -device virtio-net-pci,netdev=n,mac=$MAC -netdev user,id=n
