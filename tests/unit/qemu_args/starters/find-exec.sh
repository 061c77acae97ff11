find . -name '*.img' -exec qemu-system-x86_64 -nic user -hda {} \;
