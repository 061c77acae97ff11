qemu-system-x86_64.exe -nic user
