#!/bin/bash
mapfile -t args < guest.args
qemu-system-x86_64 "${args[@]}"
