#!/bin/bash
cat > start.sh <<EOF
#!/bin/sh
qemu-system-x86_64 -m 1G -nic bridge,br=br0
EOF
qemu-system-x86_64 -m 2G -nic user
