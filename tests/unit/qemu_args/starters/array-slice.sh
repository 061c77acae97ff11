#!/bin/bash
all=(-nic user -nic tap,ifname=t9,script=no,downscript=no -m 512)
qemu-system-x86_64 "${all[@]:0:2}" "${all[@]: -2}" ${all[*]:2:2}
