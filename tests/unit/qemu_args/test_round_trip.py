"""Nics -> arguments -> nics are equal; arguments -> nics -> arguments mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.model.nic import NIC_FIELDS, Mode, Nic, NicPatch, Source, field_value
from vnetmgr.model.patch import UNSET
from vnetmgr.model.qemu.models import NIC_MODELS, Slot
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac, PciAddress
from vnetmgr.qemu_args.read import read_arguments
from vnetmgr.qemu_args.write import qemu_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

# Nobody's link of that name: libvirt, and so the reader, drops generated ones (vnet0).
LINKS = st.from_regex(r"[a-z][a-z0-9,.-]{0,9}", fullmatch=True).filter(
    lambda name: not name.startswith(("vnet", "macv"))
)
NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True).filter(
    lambda name: not name.startswith("vnetmgr-")
)
PATHS = st.from_regex(r"/[a-z0-9,= '\"-]{0,9}[a-z]", fullmatch=True)
MACS = st.integers(0, 2**24 - 1).map(lambda n: Mac.parse(f"525401{n:06x}"))
PORTS = st.integers(1, 65535)
ON_OFF = st.sampled_from(["on", "off"])
ENDPOINTS = st.builds("10.0.{}.1:{}".format, st.integers(0, 255), PORTS)

SOURCES = st.one_of(
    st.just(Source(Mode.USER)),
    st.builds(Source, st.just(Mode.BRIDGE), LINKS),
    st.just(Source(Mode.ETHERNET)),
    PORTS.map(lambda port: Source(Mode.SERVER, f":{port}")),
    st.builds(Source, st.sampled_from([Mode.SERVER, Mode.CLIENT]), ENDPOINTS),
    PORTS.map(lambda port: Source(Mode.MCAST, f"230.0.0.1:{port}")),
    st.builds(
        lambda far, near: Source(Mode.UDP, f"{far} {near}"),
        ENDPOINTS,
        ENDPOINTS,
    ),
    st.builds(Source, st.just(Mode.VHOSTUSER), PATHS),
    st.builds(Source, st.just(Mode.VDPA), PATHS),
)
TAPS = (Mode.BRIDGE, Mode.ETHERNET)
QUEUED = (*TAPS, Mode.VHOSTUSER, Mode.VDPA)

# Not among the attributes below: what is the host's alone, or follows from another.
VIRTIO_EXTRA = {
    "driver.txmode": st.sampled_from(["iothread", "timer"]),
    "driver.rx_queue_size": st.sampled_from(["256", "512", "1024"]),
    "driver.tx_queue_size": st.sampled_from(["256", "512", "1024"]),
    "teaming.type": st.just("persistent"),
    **{
        f"driver.{key}": ON_OFF
        for key in (
            *("ioeventfd", "event_idx", "rss", "rss_hash_report", "iommu", "ats", "packed"),
            *("page_per_vq", "host.csum", "host.gso", "host.tso4", "host.ufo", "host.mrg_rxbuf"),
            *("guest.csum", "guest.tso4", "guest.tso6", "guest.ecn", "guest.ufo"),
        )
    },
}
PCI_EXTRA = {
    "rom.bar": ON_OFF,
    "rom.file": PATHS,
    "acpi.index": st.integers(1, 16383).map(str),
}
TAP_EXTRA = {"tune.sndbuf": st.integers(1, 2**31).map(str), "target.dev": LINKS}
VHOST_EXTRA = {"driver.name": st.sampled_from(["qemu", "vhost"])}


@st.composite
def nics(draw: DrawFn) -> Nic:
    """Any nic that QEMU's own arguments can say."""
    source = draw(SOURCES)
    model = draw(st.sampled_from(sorted(NIC_MODELS)))
    virtio, pci = model.startswith("virtio"), NIC_MODELS[model].slot is not Slot.NONE
    tap = source.mode in TAPS
    choices = (
        (VIRTIO_EXTRA if virtio else {})
        | (PCI_EXTRA if pci else {})
        | (TAP_EXTRA if tap else {})
        | (VHOST_EXTRA if tap and virtio else {})
    )
    keys = (
        draw(st.lists(st.sampled_from(sorted(choices)), unique=True, max_size=4))
        if (choices)
        else []
    )
    extra = {key: draw(choices[key]) for key in keys}
    if source.mode is Mode.ETHERNET and "target.dev" in extra:
        extra["target.managed"] = "no"  # without a script, it is a tap that is there already
    if source.mode is Mode.USER and draw(st.booleans()):
        extra |= {"ip.address": "10.9.0.0", "ip.prefix": "24", "ip.family": "ipv4"}
    return Nic(
        source=source,
        name=draw(NAMES),
        mac=draw(MACS),
        model=model,
        mtu=draw(st.none() | st.integers(68, 65535)) if virtio else None,
        queues=draw(st.none() | st.integers(2, 256)) if virtio and source.mode in QUEUED else None,
        vectors=draw(st.none() | st.integers(0, 2048)) if virtio else None,
        boot_order=draw(st.none() | st.integers(1, 9998)),
        pci_address=draw(
            st.none()
            | st.builds(PciAddress, st.just(0), st.just(0), st.integers(0, 31), st.integers(0, 7))
        )
        if pci
        else None,
        extra=tuple(sorted(extra.items())) or None,
    )


ONBOARD = ("lan9118", "smc91c111")


def said(nic: Nic) -> Nic:
    """The nic as far as arguments can say it."""
    if nic.queues and nic.vectors == 2 * nic.queues + 2:
        nic = replace(nic, vectors=None)  # what libvirt sets anyway
    if nic.model in ONBOARD:
        nic = replace(nic, name="hostnet0", boot_order=None)
    return nic


def as_nic(patch: NicPatch) -> Nic:
    return Nic(**dict(patch.items()))  # type: ignore[arg-type]  # the same fields


def fields(nic: Nic) -> dict[str, object]:
    return {field: field_value(nic, field) for field in NIC_FIELDS}


def read_one(words: Sequence[str]) -> Nic:
    imported = read_arguments(words)
    assert imported.problems == ()
    (found,) = imported.nics
    return as_nic(found.patch)


@given(nics(), st.integers(0, 40))
def test_a_nic_comes_back(nic: Nic, number: int) -> None:
    expected = said(nic)
    if nic.model in ONBOARD:
        expected = replace(expected, name=f"hostnet{number}")
    words = qemu_arguments(nic, number=number, machine="pc-i440fx-7.2").modern
    assert fields(read_one(words)) == fields(expected)


@given(nics())
def test_the_old_form_means_the_same_as_far_as_it_goes(nic: Nic) -> None:
    words = qemu_arguments(nic, number=2, machine="pc-i440fx-7.2").legacy
    if words is None:
        return
    back = read_one(words)
    virtio = str(nic.model).startswith("virtio")
    assert back.source == nic.source
    assert (back.name, back.mac) == (nic.name, nic.mac)
    assert back.model == ("virtio" if virtio else nic.model)
    assert back.pci_address == nic.pci_address
    if not nic.queues:
        assert back.vectors == nic.vectors


@given(st.lists(nics(), min_size=2, max_size=3, unique_by=lambda nic: nic.mac))
def test_several_nics_of_one_guest_keep_apart(several: list[Nic]) -> None:
    named = [
        Nic(source=nic.source, name=f"n{number}", model="e1000", mac=nic.mac)
        for number, nic in enumerate(several)
    ]
    words = [
        word
        for number, nic in enumerate(named)
        for word in qemu_arguments(nic, number=number, machine="pc").modern
    ]
    imported = read_arguments(words)
    assert imported.problems == ()
    assert [fields(as_nic(found.patch)) for found in imported.nics] == [
        fields(nic) for nic in named
    ]


# What people type, in many notations: reading, writing and reading again changes nothing.
TYPED = (
    "-net nic,vlan=0,macaddr=52:54:00:12:34:22,model=e1000,addr=08 -net user",
    "-net nic,vlan=3,macaddr=52:54:00:12:34:22,model=virtio,name=lan,vectors=4 -net tap,vlan=3",
    "-net nic,model=rtl8139,macaddr=52:54:00:12:34:22 -net bridge,br=br7",
    "-net nic,model=ne2k_pci,macaddr=52:54:00:12:34:22 -net socket,listen=:1234",
    "-nic user,model=virtio-net-pci,mac=52:54:00:12:34:22",
    "-nic bridge,br=br0,model=e1000e,mac=52:54:00:12:34:22",
    "-nic tap,ifname=t0,script=no,downscript=no,model=pcnet,mac=52:54:00:12:34:22",
    "-netdev user,id=n0,net=10.1.0.0/16 -device virtio-net-pci,netdev=n0,mac=52:54:00:12:34:22",
    "-netdev user,id=n0,ipv6-net=fd00::/64 -device vmxnet3,netdev=n0,mac=52:54:00:12:34:22",
    "-netdev tap,id=n0,vhost=on,queues=4,ifname=t1,script=/etc/up "
    "-device virtio-net-pci,netdev=n0,mq=on,vectors=10,host_mtu=9000,mac=52:54:00:12:34:22",
    "-netdev tap,id=n0,br=br0,helper=/usr/lib/qemu/qemu-bridge-helper "
    "-device virtio-net-pci,netdev=n0,disable-legacy=on,packed=on,mac=52:54:00:12:34:22",
    "-netdev socket,id=n0,mcast=230.0.0.1:1234 -device tulip,netdev=n0,mac=52:54:00:12:34:22",
    "-netdev socket,id=n0,udp=10.0.0.2:1,localaddr=10.0.0.1:2 "
    "-device i82551,netdev=n0,romfile=/r,,om,rombar=0,mac=52:54:00:12:34:22",
    "-netdev vhost-vdpa,id=n0,vhostdev=/dev/vhost-vdpa-0 "
    "-device virtio-net-pci,netdev=n0,bootindex=3,mac=52:54:00:12:34:22",
    "-chardev socket,id=c,path=/run/x -netdev vhost-user,id=n0,chardev=c,queues=2 "
    "-device virtio-net-pci,netdev=n0,mq=on,mac=52:54:00:12:34:22",
    "-netdev stream,id=n0,server=off,addr.type=unix,addr.path=/tmp/passt_1.socket "
    "-device virtio-net-pci,netdev=n0,failover=on,mac=52:54:00:12:34:22",
    "-nic none",
)


@pytest.mark.parametrize("typed", TYPED)
def test_what_people_type_means_the_same_once_written(typed: str) -> None:
    first = read_arguments(typed.split())
    assert first.problems == ()
    nics = [as_nic(found.patch) for found in first.nics]
    assert bool(nics) == (typed != "-nic none")
    for number, nic in enumerate(nics):
        words = qemu_arguments(nic, number=number, machine="pc").modern
        again = read_one(words)
        if nic.name is None:
            again = replace(again, name=None)  # a -netdev has to have an id
        assert fields(again) == fields(nic)
        assert qemu_arguments(again, number=number, machine="pc").modern == words


def test_a_patch_is_complete() -> None:
    """So that nothing unset hides in the comparisons above."""
    patch = NicPatch(source=Source(Mode.USER))
    assert as_nic(patch) == Nic(source=Source(Mode.USER))
    assert patch.mac is UNSET
