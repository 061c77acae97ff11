case $1 in
 a) N=user;;
 *) echo usage; exit 1;;
esac
qemu-system-x86_64 -nic $N,model=e1000
