cmd=(qemu-system-x86_64)
cmd+=(-nic user)
echo "${cmd[@]}"
eval "${cmd[@]}"
