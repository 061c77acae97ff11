screen -S vm -d -m qemu-system-x86_64 -m 1 -nic user,model=e1000
