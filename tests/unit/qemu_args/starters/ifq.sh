if ! qemu-system-x86_64 -nic user,model=e1000; then echo failed; fi
until qemu-system-x86_64 -nic none; do :; done
