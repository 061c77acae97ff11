parallel qemu-system-x86_64 -nic user -hda ::: a b
