env -S "qemu-system-x86_64 -nic user"
