qemu-system-x86_64 -global $X -nic none
