setup() { TAP=tap$1; }
setup 3
qemu-system-x86_64 -nic tap,ifname=$TAP,script=no
