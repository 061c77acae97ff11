qemu-system-x86_64 -hda $1 -nic user,model=e1000 "${@:2}"
