qemu-system-x86_64 $(cat args) -nic user
