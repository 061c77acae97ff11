args=(-m 1 -nic user)
(( $# )) && args+=(-snapshot)
[[ $VERBOSE ]] && args+=(-d int -D log)
qemu-system-x86_64 "${args[@]}" "${@}"
