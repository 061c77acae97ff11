#!/bin/bash
VM=web-01
N=${VM##*-}
PORT=22${N}
HOST=${VM%-*}
UP=${HOST^^}
qemu-system-x86_64 -name "$UP" -nic "user,hostfwd=tcp::${PORT}-:22,mac=52:54:00:00:00:${N}" -m ${#VM}G
