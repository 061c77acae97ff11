"""Which options QEMU has, and which of them take a value.

Source: `qemu-system-x86_64 --help` of 7.2, and qemu-options.hx of 0.10 to 10.1 for the options
that have come and gone.
"""

from __future__ import annotations

IMPLIED_KEYS = {
    "-net": "type",
    "-nic": "type",
    "-netdev": "type",
    "-device": "driver",
    "-chardev": "backend",
    "-machine": "type",
    "-M": "type",
    "-object": "qom-type",
    "-global": "driver",
}
"""The key that a first word without `=` belongs to."""

READ_OPTIONS = frozenset(IMPLIED_KEYS) | {
    *("-set", "-readconfig", "-redir", "-tftp", "-bootp", "-smb", "-usbdevice"),
}
"""Options whose value may have to do with a nic."""

_FLAGS = """
    -S -s -daemonize -enable-kvm -enable-hax -enable-sync-profile -full-screen -h -help
    -mem-prealloc -no-acpi -no-fd-bootchk -no-hpet -no-kvm -no-kvm-irqchip -no-kvm-pit
    -nodefaults -no-kvm-pit-reinjection -no-quit -no-reboot -no-shutdown -no-user-config
    -nodefconfig -no-frame -nographic -only-migratable -old-param -portrait -preconfig -sdl
    -curses -alt-grab
    -audio-help -ctrl-grab -semihosting -singlestep -one-insn-per-tb -snapshot -tdf -usb
    -version -win2k-hack -win2k-install-hack -xen-attach -xen-create -xen-domid-restrict
    -localtime -std-vga -vmwarevga
"""
FLAGS = frozenset(_FLAGS.split())
"""Options without a value."""

_VALUE_OPTIONS = """
    -D -L -accel -acpitable -action -add-fd -append -async-teardown -audio -audiodev -balloon
    -bios -blockdev -boot -bt -cdrom -chroot -clock -compat -cpu -d -debugcon -dfilter -display
    -drive -dtb -dump-vmstate -echr -fda -fdb -fsdev -fw_cfg -g -gdb -hda -hdb -hdc -hdd -hdachs
    -icount -incoming -initrd -iscsi -k -kernel -loadvm -m -mem-path -mon -monitor -msg
    -mtdblock -name -numa -option-rom -overcommit -parallel -pcidevice -pflash -pidfile -plugin
    -prom-env -qmp -qmp-pretty -qtest -qtest-log -realtime -rotate -rtc -run-with -runas
    -sandbox -sd -seed -semihosting-config -serial -shim -smbios -smp -soundhw -spice -startdate
    -tb-size -tpmdev -trace -uuid -vga -virtfs -virtioconsole -vnc -watchdog -watchdog-action
    -writeconfig -xen-domid
"""
VALUE_OPTIONS = frozenset(_VALUE_OPTIONS.split())
"""Options of other kinds that take a value: both are passed over."""

DEFAULT_MODELS: tuple[tuple[str, str], ...] = (
    # pc_q35_2_11_machine_options and older: e1000 (hw/i386/pc_q35.c).
    (r"pc-q35-(?:1\.\d+|2\.(?:\d|1[01]))(?:\..*)?", "e1000"),
    (r"(?:pc-)?q35.*", "e1000e"),
    (r"isapc", "ne2k_isa"),
    (r"pc|pc-.*|pc\.rhel.*|rhel6.*", "e1000"),
    (r"virt|virt-.*|s390-ccw-virtio.*|microvm", "virtio"),
    (r"pseries.*", "spapr-vlan"),
    (r"mac99|g3beige", "sungem"),
    (r"sun4u", "sunhme"),
)
"""Machine -> the model of a nic whose model is not said."""

X86_PROGRAMS = ("qemu-system-x86_64", "qemu-system-i386", "qemu-kvm", "kvm", "qemu")
