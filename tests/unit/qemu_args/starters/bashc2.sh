CMD="qemu-system-x86_64 -nic user"
bash -c "$CMD"
