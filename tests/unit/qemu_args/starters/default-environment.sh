#!/bin/sh
qemu-system-x86_64 -m ${MEM:-512} -nic user,hostfwd=tcp::${PORT:-2222}-:22,tftp=$HOME/tftp ${EXTRA:+-nic tap}
