#!/bin/bash
readonly BRIDGE=br0

start_vm() {
  local name=$1 mac=$2
  shift 2
  local -a cmd=(qemu-system-x86_64 -name "$name" -m 1024)
  cmd+=(-netdev "bridge,id=net-$name,br=$BRIDGE")
  cmd+=(-device "virtio-net-pci,netdev=net-$name,mac=$mac")
  "${cmd[@]}" "$@" &
}

main() {
  start_vm web 52:54:00:00:aa:01
  start_vm db 52:54:00:00:aa:02 -snapshot
}

main "$@"
