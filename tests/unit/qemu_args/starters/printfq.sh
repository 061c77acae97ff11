printf '%q ' qemu-system-x86_64 -nic user; echo
qemu-system-x86_64 -nic none
