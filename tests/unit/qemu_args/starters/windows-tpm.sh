#!/bin/bash
set -euo pipefail
IFS=$'\n\t'

VM_NAME="${1:-win11}"
VM_DIR="${HOME}/vms/${VM_NAME}"
TPM_DIR="$(mktemp -d)"
trap 'rm -rf "${TPM_DIR}"; kill "${SWTPM_PID:-}" 2>/dev/null || true' EXIT INT TERM

swtpm socket --tpm2 --tpmstate dir="${TPM_DIR}" --ctrl type=unixio,path="${TPM_DIR}/swtpm-sock" --log level=20 &
SWTPM_PID=$!

declare -a QEMU_ARGS
QEMU_ARGS+=(-name "${VM_NAME},process=${VM_NAME}")
QEMU_ARGS+=(-machine q35,smm=on,accel=kvm,hpet=off)
QEMU_ARGS+=(-cpu host,hv_relaxed,hv_spinlocks=0x1fff,hv_vapic,hv_time)
QEMU_ARGS+=(-smp "$(nproc),sockets=1,cores=$(( $(nproc) / 2 )),threads=2")
QEMU_ARGS+=(-m 8G)
QEMU_ARGS+=(-chardev socket,id=chrtpm,path="${TPM_DIR}/swtpm-sock" -tpmdev emulator,id=tpm0,chardev=chrtpm -device tpm-tis,tpmdev=tpm0)
QEMU_ARGS+=(-drive "if=pflash,format=raw,unit=0,file=/usr/share/OVMF/OVMF_CODE.secboot.fd,readonly=on")
for iso in "${VM_DIR}"/*.iso; do
    [[ -e "$iso" ]] || continue
    QEMU_ARGS+=(-drive "file=${iso},media=cdrom")
done
QEMU_ARGS+=(-nic "user,model=virtio-net-pci,mac=52:54:00:ab:cd:01,hostfwd=tcp:127.0.0.1:3389-:3389,smb=${HOME}/share")
QEMU_ARGS+=(-chardev spicevmc,id=spicechannel0,name=vdagent)
QEMU_ARGS+=(-device virtserialport,chardev=spicechannel0,name=com.redhat.spice.0)

exec qemu-system-x86_64 "${QEMU_ARGS[@]}"
