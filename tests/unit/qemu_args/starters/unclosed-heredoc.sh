cat <<EOF > x
hello
EOF 
qemu-system-x86_64 -nic user
