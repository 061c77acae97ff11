#!/bin/bash
menu() {
  read -r answer
  case $answer in
    s) qemu-system-x86_64 -m 128 -nic user,model=e1000 ;;
    q) return ;;
    *) menu ;;
  esac
  menu
}
menu
