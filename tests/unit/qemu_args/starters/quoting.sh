#!/bin/bash
NAME="guest one"
qemu-system-x86_64 -name "$NAME" -m "512" -nic 'user,model=e1000'",mac=52:54:00:""00:00:41" \
  -append 'console=ttyS0 x="a b" y=$z' -fw_cfg name=opt/x,string=a\ b\,c $'-snapshot'
