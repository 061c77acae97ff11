NET="user,model=e1000"
NET+=",hostfwd=tcp::$((2000+22))-:22"
qemu-system-x86_64 -nic $NET
