qemu-system-x86_64 -m 1 -nic "$(cat net)"
