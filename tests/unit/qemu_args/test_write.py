"""A nic in QEMU's words: a table of nics and the arguments a person would type."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.options.extra import EXTRA_KEYS
from vnetmgr.model.qemu.models import NIC_MODELS
from vnetmgr.model.record import replace
from vnetmgr.model.values import Bandwidth, Mac, PciAddress, Rate
from vnetmgr.qemu_args.options import read_keys
from vnetmgr.qemu_args.write import qemu_arguments
from vnetmgr.qemu_args.write_tables import VIRTIO_PROPERTIES

if TYPE_CHECKING:
    from vnetmgr.model.rows.qemu_args import QemuArguments

QEMU = "qemu-system-x86_64"
MAC = Mac.parse("52:54:00:12:34:22")
USER = Source(Mode.USER)
BR0 = Source(Mode.BRIDGE, "br0")


def nic(source: Source = USER, model: str = "virtio", **fields: Any) -> Nic:
    values: dict[str, Any] = {"source": source, "model": model, "mac": MAC}
    return Nic(**(values | fields))


def written(wanted: Nic, *, machine: str = "pc-q35-7.2", arch: str = "x86_64") -> QemuArguments:
    return qemu_arguments(wanted, number=0, machine=machine, arch=arch)


def test_what_the_books_teach() -> None:
    wanted = nic(model="e1000", name="lan", pci_address=PciAddress(0, 0, 8, 0))
    assert written(wanted, machine="pc-i440fx-7.2").modern == (
        *("-netdev", "user,id=hostnet0"),
        *("-device", "e1000,netdev=hostnet0,id=lan,mac=52:54:00:12:34:22,bus=pci.0,addr=08"),
    )
    assert written(wanted).legacy == (
        *("-net", "nic,vlan=0,macaddr=52:54:00:12:34:22,model=e1000,name=lan,addr=08"),
        *("-net", "user,vlan=0"),
    )
    assert written(wanted).notes == ()


class Case(NamedTuple):
    """A nic, what -netdev and -device say of it, and words of its notes."""

    nic: Nic
    netdev: str
    device: str = ""
    notes: tuple[str, ...] = ()


HELPER = "helper=/usr/lib/qemu/qemu-bridge-helper"
CASES: dict[str, Case] = {
    "user": Case(nic(), "user"),
    "user subnet": Case(
        nic(extra=(("ip.address", "10.9.0.0"), ("ip.prefix", "24"))), "user,net=10.9.0.0/24"
    ),
    "user subnet v6": Case(
        nic(extra=(("ip6.address", "fd00::"), ("ip6.prefix", "64"))), "user,ipv6-net=fd00::/64"
    ),
    "passt": Case(
        nic(extra=(("backend.type", "passt"),)),
        "stream,server=off,addr.type=unix,addr.path=/tmp/passt_1.socket",
        notes=("passt --socket", "old -net form cannot"),
    ),
    "bridge": Case(nic(BR0), "bridge,br=br0", notes=("allow br0",)),
    "bridge with a comma": Case(
        nic(Source(Mode.BRIDGE, "a,b")), "bridge,br=a,,b", notes=("bridge.conf",)
    ),
    "bridge, vhost": Case(
        nic(BR0, extra=(("driver.name", "vhost"),)), f"tap,br=br0,{HELPER},vhost=on",
        notes=("allow br0",),
    ),
    "bridge, no vhost": Case(
        nic(BR0, extra=(("driver.name", "qemu"),)), f"tap,br=br0,{HELPER},vhost=off",
        notes=("allow br0",),
    ),
    "bridge, vhost that its model has not": Case(
        nic(BR0, "e1000", extra=(("driver.name", "vhost"),)), "bridge,br=br0",
        notes=("allow br0", "driver.name=vhost: no argument"),
    ),
    "bridge, sndbuf": Case(
        nic(BR0, extra=(("tune.sndbuf", "1600"),)), f"tap,br=br0,{HELPER},sndbuf=1600",
        notes=("allow br0",),
    ),
    "bridge, queues": Case(
        nic(BR0, queues=4),
        "tap,ifname=vnetmgr0,script=no,downscript=no,br=br0,queues=4",
        "mq=on,vectors=10",
        notes=("ip link set vnetmgr0 master br0", "cannot say mq, queues"),
    ),
    "bridge, tap's name": Case(
        nic(BR0, extra=(("target.dev", "web0"),)),
        "tap,ifname=web0,script=no,downscript=no,br=br0",
        notes=("ip link set web0 master br0",),
    ),
    "network, live": Case(
        nic(Source(Mode.NETWORK, "default"), bridge="virbr0"),
        "bridge,br=virbr0",
        notes=("network default is bridge virbr0", "allow virbr0"),
    ),
    "network, unknown bridge": Case(
        nic(Source(Mode.NETWORK, "lab")), "bridge,br=BRIDGE",
        notes=("virsh net-info lab", "allow BRIDGE"),
    ),
    "direct": Case(
        nic(Source(Mode.DIRECT, "eth0"), direct_mode="bridge"), "tap,fd=3",
        notes=("link eth0 name macvtap0 address 52:54:00:12:34:22 type macvtap mode bridge",),
    ),
    "direct, queues": Case(
        nic(Source(Mode.DIRECT, "eth0"), queues=2), "tap,fds=3:4", "mq=on,vectors=6",
        notes=("mode vepa", "cannot say mq"),
    ),
    "ethernet": Case(nic(Source(Mode.ETHERNET)), "tap,script=no,downscript=no"),
    "ethernet, script": Case(
        nic(
            Source(Mode.ETHERNET),
            extra=(("target.dev", "t0"), ("script.path", "/etc/up"), ("target.managed", "no")),
        ),
        "tap,ifname=t0,script=/etc/up,downscript=no",
    ),
    "server": Case(nic(Source(Mode.SERVER, ":5558")), "socket,listen=:5558"),
    "client": Case(nic(Source(Mode.CLIENT, "10.0.0.1:5558")), "socket,connect=10.0.0.1:5558"),
    "mcast": Case(nic(Source(Mode.MCAST, "230.0.0.1:5558")), "socket,mcast=230.0.0.1:5558"),
    "udp": Case(
        nic(Source(Mode.UDP, "10.0.0.2:5556 10.0.0.1:5555")),
        "socket,udp=10.0.0.2:5556,localaddr=10.0.0.1:5555",
    ),
    "vdpa": Case(
        nic(Source(Mode.VDPA, "/dev/vhost-vdpa-0"), queues=2),
        "vhost-vdpa,vhostdev=/dev/vhost-vdpa-0,queues=2", "mq=on,vectors=6",
        notes=("old -net form cannot",),
    ),
    "mtu": Case(nic(mtu=9000), "user", "host_mtu=9000", notes=("cannot say host_mtu",)),
    "vectors": Case(nic(vectors=3), "user", "vectors=3"),
    "vectors go before queues": Case(
        nic(Source(Mode.VDPA, "/dev/x"), queues=2, vectors=9),
        "vhost-vdpa,vhostdev=/dev/x,queues=2", "mq=on,vectors=9",
        notes=("old -net form cannot",),
    ),
    "boot order": Case(
        nic(boot_order=2), "user", "bootindex=2", notes=("cannot say bootindex",)
    ),
    "behind a port": Case(
        nic(pci_address=PciAddress(0, 5, 0, 0)), "user", "bus=pci.5,addr=00",
        notes=("id=pci.5", "cannot say bus"),
    ),
    "function": Case(nic(pci_address=PciAddress(0, 0, 31, 7)), "user", "bus=pcie.0,addr=1f.7"),
    "PCI domain": Case(
        nic(pci_address=PciAddress(1, 0, 1, 0)), "user", "bus=pcie.0,addr=01",
        notes=("domain 0 only",),
    ),
    "ROM": Case(
        nic(extra=(("acpi.index", "7"), ("rom.bar", "off"), ("rom.file", "/r,om"))), "user",
        "rombar=0,romfile=/r,,om,acpi-index=7", notes=("cannot say rombar, romfile, acpi-index",),
    ),
    "failover": Case(
        nic(extra=(("teaming.type", "persistent"),)), "user", "id=net0,failover=on",
        notes=("cannot say failover",),
    ),
    "host side": Case(
        nic(
            BR0,
            vlan=(10, 20), inbound=Bandwidth(Rate(100)), outbound=Bandwidth(Rate(200)),
            filter="clean-traffic",
            filter_param=(("IP", "10.0.0.1"),), isolated_port=True, virtualport="openvswitch",
            portgroup="guests",
        ),
        "bridge,br=br0",
        notes=(
            "allow br0", "portgroup guests", "virtualport openvswitch", "vlan 10,20: VLAN tags",
            "inbound 800kbit", "outbound", "filter clean-traffic", "filter_param IP=10.0.0.1",
            "isolated_port yes",
        ),
    ),
    "link down": Case(
        nic(link="down", name="lan"), "user", "id=lan", notes=("set_link lan off",)
    ),
    "a name that is no id": Case(nic(name="1st"), "user", "id=ua-1st"),
    "no virtio": Case(
        nic(model="rtl8139", mtu=9000, queues=2, vectors=3, extra=(("driver.packed", "on"),)),
        "user",
        notes=("queues 2: rtl8139", "vectors 3: rtl8139", "mtu 9000: rtl8139", "driver.packed=on"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_back_end_front_end_and_notes(name: str) -> None:
    case = CASES[name]
    words = written(case.nic)
    netdev = words.modern[words.modern.index("-netdev") + 1]
    device = words.modern[words.modern.index("-device") + 1]
    assert netdev.replace(",id=hostnet0", "") == case.netdev
    front = "virtio-net-pci" if case.nic.model == "virtio" else case.nic.model
    expected = f"{front},netdev=hostnet0,mac={MAC}" + f",{case.device}" * bool(case.device)
    assert sorted(read_keys(device, implied="driver")) == sorted(
        read_keys(expected, implied="driver")
    )
    assert len(words.notes) == len(case.notes), words.notes
    for note, text in zip(words.notes, case.notes, strict=True):
        assert text in note


@pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"no {QEMU} here")
@pytest.mark.parametrize(
    "name",
    [
        *("user", "user subnet", "user subnet v6", "server", "mcast", "mtu", "vectors"),
        *("boot order", "function", "failover", "a name that is no id", "every property"),
    ],
)
def test_qemu_itself_takes_it(name: str) -> None:
    every = {**VIRTIO_PROPERTIES, "driver.txmode": "tx", "acpi.index": "", "rom.bar": ""}
    values = {key: (EXTRA_KEYS[key] or ("256",))[0] for key in every}
    # QEMU refuses iommu_platform on a transitional device, which virtio is without a root port.
    modern = nic(model="virtio-non-transitional", extra=tuple(sorted(values.items())))
    wanted = CASES[name].nic if name in CASES else modern
    done = subprocess.run(
        [
            *(QEMU, "-machine", "q35,accel=tcg", "-m", "32", "-S", "-nodefaults"),
            *("-display", "none", "-monitor", "stdio", *written(wanted).modern),
        ],
        input="info network\nquit\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "hostnet0" in done.stdout


def test_vhost_user_has_a_chardev() -> None:
    words = written(nic(Source(Mode.VHOSTUSER, "/run/a,b"), queues=2))
    assert words.modern[:4] == (
        *("-chardev", "socket,id=charnet0,path=/run/a,,b"),
        *("-netdev", "vhost-user,id=hostnet0,chardev=charnet0,queues=2"),
    )
    assert words.legacy is None


def test_vhost_user_that_listens_and_one_without_a_path() -> None:
    source, mode = Source(Mode.VHOSTUSER, "/run/s"), (("source.mode", "server"),)
    words = written(nic(source, extra=mode))
    assert words.modern[1] == "socket,id=charnet0,path=/run/s,server=on"
    assert not any("source.mode" in note for note in words.notes)
    words = written(nic(Source(Mode.VHOSTUSER, None)))
    assert words.modern[1] == "socket,id=charnet0,path=PATH"
    assert any("for PATH" in note for note in words.notes)


@pytest.mark.parametrize(
    ("name", "alias", "expected"),
    [("lan", "ua-lan", "lan"), ("lan", "ua-vnetmgr-lan", "lan"), ("1st", "ua-1st", "ua-1st"),
     (None, "net0", "net0")],
)  # fmt: skip
def test_both_halves_of_a_failover_name_one_id(name: str | None, alias: str, expected: str) -> None:
    persistent = written(nic(name=name, extra=(("teaming.type", "persistent"),)))
    extra = (("teaming.persistent", alias), ("teaming.type", "transient"))
    transient = written(nic(Source(Mode.HOSTDEV, "0000:03:10.1"), extra=extra))
    assert f",id={expected}," in persistent.modern[-1]
    assert transient.modern[-1].endswith(f",failover_pair_id={expected}")


def test_what_is_no_part_of_a_nic_is_told() -> None:
    found = qemu_arguments(nic(), number=0, unmodelled=('route address="10.0.0.0"',))
    assert found.notes[-1].startswith('route address="10.0.0.0": no argument')


def test_a_device_of_the_host() -> None:
    wanted = nic(
        Source(Mode.HOSTDEV, "0000:03:10.1"),
        name="vf",
        vlan=(5,),
        extra=(("teaming.persistent", "ua-lan"), ("teaming.type", "transient")),
    )
    words = written(wanted)
    assert words.modern == (
        "-device",
        "vfio-pci,host=0000:03:10.1,id=vf,failover_pair_id=lan",
    )
    assert words.legacy is None
    assert [note.split()[0] for note in words.notes] == ["the", "MAC", "vlan"]


@pytest.mark.parametrize("mode", [Mode.INTERNAL, Mode.NULL, Mode.VDS, Mode.OTHER])
def test_a_source_without_back_end_is_told(mode: Mode) -> None:
    words = written(nic(Source(mode)))
    assert words.modern == ("-device", f"virtio-net-pci,mac={MAC}")
    assert words.legacy is None
    assert "no back end" in words.notes[0]


@pytest.mark.parametrize(
    ("model", "arch", "machine", "front"),
    [
        ("virtio", "x86_64", "pc-q35-7.2", "virtio-net-pci"),
        ("virtio", "x86_64", "microvm", "virtio-net-device"),
        ("virtio", "s390x", "s390-ccw-virtio-7.2", "virtio-net-ccw"),
        ("virtio-transitional", "x86_64", "pc", "virtio-net-pci-transitional"),
        ("virtio-non-transitional", "x86_64", "pc", "virtio-net-pci-non-transitional"),
        ("pcnet", "x86_64", "pc", "pcnet"),
        ("usb-net", "x86_64", "pc", "usb-net"),
        ("home-made", "x86_64", "pc", "home-made"),
        (None, "x86_64", "pc", "rtl8139"),
        (None, "s390x", "s390-ccw-virtio-7.2", "virtio-net-ccw"),
    ],
)
def test_the_device_of_a_model(model: str | None, arch: str, machine: str, front: str) -> None:
    words = written(replace(nic(), model=model), arch=arch, machine=machine)
    assert words.modern[-1].split(",")[0] == front
    assert (words.legacy is None) == (model == "usb-net")
    assert any("no model" in note for note in words.notes) == (model is None)


def test_a_chip_on_the_board_takes_the_old_option() -> None:
    words = written(nic(model="smc91c111", boot_order=1), arch="armv6l", machine="versatilepb")
    assert words.modern[2:] == ("-net", f"nic,netdev=hostnet0,macaddr={MAC},model=smc91c111")
    assert any("bootindex=1" in note for note in words.notes)


def test_nics_of_one_guest_share_nothing() -> None:
    first, second = (qemu_arguments(nic(), number=number) for number in (0, 1))
    assert not {*first.modern} & {*second.modern} - {"-netdev", "-device"}
    assert first.legacy is not None
    assert second.legacy is not None
    assert "vlan=0" in first.legacy[1]
    assert "vlan=1" in second.legacy[1]


@pytest.mark.parametrize("key", EXTRA_KEYS)
@pytest.mark.parametrize("model", ["virtio", "rtl8139"])
@pytest.mark.parametrize("mode", [Mode.USER, Mode.BRIDGE, Mode.ETHERNET, Mode.HOSTDEV, Mode.NULL])
def test_no_attribute_is_lost_in_silence(key: str, model: str, mode: Mode) -> None:
    value = (EXTRA_KEYS[key] or ("17",))[-1]
    without, with_it = (
        written(nic(Source(mode, "x"), model, extra=extra)) for extra in (None, ((key, value),))
    )
    assert with_it != without


@pytest.mark.parametrize("model", NIC_MODELS)
def test_every_word_is_what_qemu_can_cut_again(model: str) -> None:
    words = written(nic(BR0, model, name="lan", pci_address=PciAddress(0, 0, 3, 0)))
    for word in words.modern[1::2]:
        pairs = read_keys(word, implied="type")
        assert pairs[0][0] == "type"
        assert len({key for key, _ in pairs}) == len(pairs)


def test_without_a_mac_the_shared_one_is_named() -> None:
    words = written(replace(nic(), mac=None))
    assert "mac=" not in words.modern[-1]
    assert any("52:54:00:12:34:56" in note for note in words.notes)
