#!/bin/bash
NET=user
while getopts "n:" opt; do
  case $opt in
    n) NET=$OPTARG ;;
  esac
done
qemu-system-x86_64 -m 512 -nic $NET
