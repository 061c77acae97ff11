for n in 1 2 3; do
  [ -e disk$n ] || continue
  qemu-system-x86_64 -name v$n -nic tap,ifname=t$n,script=no
done
