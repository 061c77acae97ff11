. ./lib.sh
net_args=$(make_net_args)
qemu-system-x86_64 -m 1 $net_args
