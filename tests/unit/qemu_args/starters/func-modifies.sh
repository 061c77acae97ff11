NET=user
choose() { NET=bridge; }
if [ -e /x ]; then choose; fi
qemu-system-x86_64 -nic $NET
