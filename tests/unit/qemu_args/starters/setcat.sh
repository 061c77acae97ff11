set -- $(cat <<EOF
-nic user,model=e1000
-m 1
EOF
)
qemu-system-x86_64 "$@"
