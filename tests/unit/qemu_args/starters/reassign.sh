NET=user
NET=tap
qemu-system-x86_64 -nic $NET
