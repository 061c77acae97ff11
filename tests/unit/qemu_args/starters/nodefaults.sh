if [ x$1 = xy ]; then D=-nodefaults; fi
qemu-system-x86_64 $D -m 1
