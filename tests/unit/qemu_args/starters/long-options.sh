#!/usr/bin/env bash
mem=2G
extra=()
while [[ $# -gt 0 ]]; do
  case "$1" in
    --mem) mem="$2"; shift 2 ;;
    --mem=*) mem="${1#*=}"; shift ;;
    --iso) extra+=(-cdrom "$2" -boot d); shift 2 ;;
    --) shift; break ;;
    *) break ;;
  esac
done
exec qemu-system-x86_64 -m "$mem" "${extra[@]}" -nic bridge,br=virbr0,model=e1000e "$@"
