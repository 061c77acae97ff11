#!/bin/bash
PS3="guest: "
select vm in web db quit; do
  case $vm in
    web) port=8080 ;;
    db) port=5432 ;;
    quit) exit ;;
  esac
  qemu-system-x86_64 -name "$vm" -m 1G -nic user,hostfwd=tcp::$port-:$port
done
