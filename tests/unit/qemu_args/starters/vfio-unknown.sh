qemu-system-x86_64 -device vfio-pci,host=$(lspci | awk '/NV/{print $1}') -nic none
