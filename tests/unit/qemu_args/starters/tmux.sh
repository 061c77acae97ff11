#!/bin/sh
tmux new-session -d -s vm "qemu-system-x86_64 -m 1G -nic user"
