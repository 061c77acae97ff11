qemu-system-x86_64 -device $DEV -nic none
