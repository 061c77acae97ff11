mkdir -p x && cd x && qemu-system-x86_64 -nic user || exit 1
