#!/usr/bin/env bash
declare -a ARGS
ARGS+=( -m 1G )                 # memory; it isn't much
ARGS+=(
    "-name"  "a guest (it's mine)"   # with ) in it
    -netdev user,id=net0,\
hostfwd=tcp::2222-:22
    -device virtio-net-pci,netdev=net0
)
ARGS[1]=2G
ARGS=( "${ARGS[@]}" -display none )
unset DISPLAY
qemu-system-x86_64 "${ARGS[@]}" ${DEBUG:+-s -S}
