#!/bin/bash
TEMP=$(getopt -o m: --long mem: -n "$0" -- "$@")
eval set -- "$TEMP"
mem=512
while true; do
  case "$1" in
    -m|--mem) mem=$2; shift 2 ;;
    --) shift; break ;;
  esac
done
qemu-system-x86_64 -m $mem -nic user,model=pcnet
