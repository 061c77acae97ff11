if [ "$NETWORK" != yes ]; then
 N="-net none"
fi
qemu-system-x86_64 -m 1 $N
