#!/bin/bash
env QEMU_AUDIO_DRV=none qemu-system-x86_64 -nic user,mac=52:54:00:00:00:01
nice -n 10 ionice -c 3 qemu-system-x86_64 -nic user,mac=52:54:00:00:00:02
numactl --cpunodebind=0 --membind 0 qemu-system-x86_64 -nic user,mac=52:54:00:00:00:03
gdb -q -ex run --args qemu-system-x86_64 -nic user,mac=52:54:00:00:00:04
strace -f -o /tmp/trace -e trace=network qemu-system-x86_64 -nic user,mac=52:54:00:00:00:05
firejail --noprofile --net=none qemu-system-x86_64 -nic user,mac=52:54:00:00:00:06
unshare -r -n qemu-system-x86_64 -nic user,mac=52:54:00:00:00:07
chrt -f 10 qemu-system-x86_64 -nic user,mac=52:54:00:00:00:08
timeout -k 5 60 qemu-system-x86_64 -nic user,mac=52:54:00:00:00:09
ip netns exec blue qemu-system-x86_64 -nic user,mac=52:54:00:00:00:0a
systemd-run --user --scope -p MemoryMax=4G qemu-system-x86_64 -nic user,mac=52:54:00:00:00:0b
setsid -f nohup qemu-system-x86_64 -nic user,mac=52:54:00:00:00:0c
sudo -u nobody -- env -i PATH="$PATH" qemu-system-x86_64 -nic user,mac=52:54:00:00:00:0d
time qemu-system-x86_64 -nic user,mac=52:54:00:00:00:0e
exec -a guest qemu-system-x86_64 -nic user,mac=52:54:00:00:00:0f
