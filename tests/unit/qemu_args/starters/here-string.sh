read A B <<< "user tap"
qemu-system-x86_64 -nic $A
