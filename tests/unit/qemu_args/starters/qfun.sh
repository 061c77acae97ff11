qemu() { command qemu-system-x86_64 -m 1 "$@"; }
qemu -nic user,model=e1000
qemu -nic bridge,model=e1000
