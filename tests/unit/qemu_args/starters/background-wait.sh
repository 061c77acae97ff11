pids=()
for n in a b; do qemu-system-x86_64 -name $n -nic user,model=e1000 & pids+=($!); done
wait "${pids[@]}"
