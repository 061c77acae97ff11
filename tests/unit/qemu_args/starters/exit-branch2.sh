if [ -z "$1" ]; then
  qemu-system-x86_64 -nic user
  exit
fi
qemu-system-x86_64 -nic tap
