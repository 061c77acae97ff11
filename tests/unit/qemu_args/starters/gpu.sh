#!/bin/bash
set -euo pipefail
GPU=${GPU:-0000:01:00.0}
AUDIO="${GPU%.0}.1"
DISK=/dev/disk/by-id/ata-disk-of-the-guest

for dev in "$GPU" "$AUDIO"; do
  vendor=$(cat "/sys/bus/pci/devices/$dev/vendor")
  device=$(cat "/sys/bus/pci/devices/$dev/device")
  if [ -e "/sys/bus/pci/devices/$dev/driver" ]; then
    echo "$dev" > "/sys/bus/pci/devices/$dev/driver/unbind" || true
  fi
  echo "$vendor" "$device" > /sys/bus/pci/drivers/vfio-pci/new_id || true
done

HUGE=""
if (( $(awk '/HugePages_Total/ {print $2}' /proc/meminfo) > 0 )); then
  HUGE="-mem-path /dev/hugepages -mem-prealloc"
fi

taskset -c 2-7 qemu-system-x86_64 \
  -name guest=gaming,debug-threads=on \
  -machine type=q35,accel=kvm,kernel_irqchip=on \
  -cpu host,kvm=off,hv_vendor_id=whatever \
  -smp 6,sockets=1,cores=3,threads=2 \
  -m 8192 $HUGE \
  -device pcie-root-port,id=rp1,slot=1 \
  -device vfio-pci,host=$GPU,bus=rp1,x-vga=on,multifunction=on,addr=0x0 \
  -device vfio-pci,host=$AUDIO,bus=rp1,addr=0x0.1 \
  -drive file=$DISK,format=raw,if=virtio,cache=none \
  -netdev bridge,id=lan,br=br0 \
  -device virtio-net-pci,netdev=lan,mac=52:54:00:11:22:33 \
  -vga none -nographic -monitor unix:/tmp/gaming.sock,server,nowait &
PID=$!
wait $PID
