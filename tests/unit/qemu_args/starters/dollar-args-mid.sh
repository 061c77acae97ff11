qemu-system-x86_64 -nic user,model=e1000 ${1+"$@"}
