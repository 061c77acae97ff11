#!/bin/bash
VERSION=$(qemu-system-x86_64 --version | head -n1 | sed 's/.*version //')
if [[ $VERSION =~ ^([0-9]+)\.([0-9]+) ]] && (( BASH_REMATCH[1] >= 6 )); then
  AUDIO="-audiodev pa,id=snd0"
fi
qemu-system-x86_64 -m 128 $AUDIO -nic user,model=e1000
