#!/bin/bash
run() {
  echo "+ $*"
  "$@"
}
run qemu-system-x86_64 -m 256 -nic none
run sudo -E nice -n -5 qemu-system-x86_64 -m 256 -nic user,model=rtl8139
