/usr/libexec/qemu-kvm -nic user,model=e1000 < <(cat x) > >(tee log)
