qemu-system-x86_64 -nic user 2>&1 | tee log
(qemu-system-x86_64 -nic none; echo done) | cat
