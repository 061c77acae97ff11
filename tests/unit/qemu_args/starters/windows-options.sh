#!/bin/bash
# a Windows guest whose options are put together one by one
NAME=win10
ISO="${1:-win10.iso}"
OPTS=""
OPTS="$OPTS -enable-kvm"
OPTS="$OPTS -cpu host,hv_relaxed,hv_spinlocks=0x1fff,hv_vapic,hv_time"
OPTS="$OPTS -smp $(nproc)"
OPTS="$OPTS -m 4G"
if [ -f virtio-win.iso ]; then
    OPTS="$OPTS -drive file=virtio-win.iso,media=cdrom,index=3"
fi
if [ -f "$ISO" ]; then
    OPTS="$OPTS -drive file=$ISO,media=cdrom,index=2 -boot d"
else
    OPTS="$OPTS -boot c"
fi
OPTS="$OPTS -netdev user,id=n0 -device e1000,netdev=n0,mac=52:54:00:aa:bb:01"
OPTS="$OPTS -name $NAME"
exec qemu-system-x86_64 $OPTS -drive file=$NAME.qcow2,if=virtio
