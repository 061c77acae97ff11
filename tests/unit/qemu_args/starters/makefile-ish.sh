run:
	qemu-system-x86_64 -nic user
