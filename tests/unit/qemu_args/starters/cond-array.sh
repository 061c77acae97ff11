args=(-m 1)
[[ -n $TAP ]] && args+=(-nic tap) || args+=(-nic user)
qemu-system-x86_64 "${args[@]}"
