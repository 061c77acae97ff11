#!/bin/bash
for n in {1..2}; do
  port=$((2200 + n))
  qemu-system-x86_64 -name "vm$n" -nic "user,hostfwd=tcp::${port}-:22" -display none &
done
wait
