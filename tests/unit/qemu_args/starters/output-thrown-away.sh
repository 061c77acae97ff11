#!/bin/sh
qemu-system-x86_64 -m 1G -nic user -hda a.img 2>&1>/dev/null &
qemu-system-x86_64 -m 1G -nic none -hda b.img >/dev/null 2>&1 </dev/null &
qemu-system-x86_64 -m 1G -nic user,model=e1000 -hda 2 2>log 1>&2 &>>all.log
