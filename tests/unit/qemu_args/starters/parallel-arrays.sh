#!/bin/bash
names=(alpha beta)
ports=(2201 2202)
for i in "${!names[@]}"; do
  qemu-system-x86_64 -name "${names[$i]}" -nic user,hostfwd=tcp::${ports[i]}-:22 &
done
