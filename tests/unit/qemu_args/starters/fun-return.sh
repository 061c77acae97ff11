get() { if [ "$1" = a ]; then echo user; return; fi; echo tap; }
qemu-system-x86_64 -nic $(get a)
