#!/bin/bash
add_net() {
  local -n out=$1
  out+=(-nic "bridge,br=$2")
}
opts=(-m 128)
add_net opts br0
add_net opts br1
qemu-system-x86_64 "${opts[@]}"
