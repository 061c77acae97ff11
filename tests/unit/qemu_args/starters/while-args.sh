while test $# -gt 0; do case "$1" in -n) shift; NIC=$1;; esac; shift; done
qemu-system-x86_64 -nic user,model=e1000
