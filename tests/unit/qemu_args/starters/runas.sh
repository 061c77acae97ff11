runuser -u x -- qemu-system-x86_64 -nic user
su x -c "/usr/bin/qemu-system-x86_64 -nic user"
