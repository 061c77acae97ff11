"""A nic as the arguments that QEMU itself would be given: the modern and the old form.

libvirt's own translation (domxml-to-native) opens the tap and prints `tap,fd=N`; this one says
what a person would type.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.model.names import OWNED_PREFIX, USER_ALIAS_PREFIX
from vnetmgr.model.nic import Mode
from vnetmgr.model.qemu.models import NIC_MODELS, Slot
from vnetmgr.model.record import replace
from vnetmgr.model.rows.qemu_args import QemuArguments
from vnetmgr.model.show import show
from vnetmgr.qemu_args.write_backend import backend, join
from vnetmgr.qemu_args.write_tables import (
    HOST_SIDE,
    ONBOARD,
    PCI_PROPERTIES,
    QEMU_DEVICES,
    VALUES,
    VIRTIO_PROPERTIES,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.nic import Nic, Pairs
    from vnetmgr.qemu_args.write_backend import Backend

# A rule of QEMU's ids (util/id.c); names here may begin with a digit, too.
_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_OLD_KEYS = frozenset({"mac", "addr", "bus", "vectors", "id"})


class _Front:
    """A front end while it is put together."""

    def __init__(self, nic: Nic, *, number: int, arch: str, machine: str) -> None:
        self.nic, self.number = nic, number
        self.extra = dict(nic.extra or ())
        # What libvirt takes on x86 when a config has no model (qemuDomainDefaultNetModel).
        default = "rtl8139" if arch in ("", "x86_64", "i686") else "virtio"
        self.model = nic.model or default
        assigned = nic.source.mode is Mode.HOSTDEV
        self.virtio = self.model.startswith("virtio") and not assigned
        self.arch, self.machine = arch, machine
        self.used: set[str] = set()
        self.notes: list[str] = []

    @property
    def device(self) -> str:
        """QEMU's name of the model on this machine."""
        if self.model == "virtio" and self.arch == "s390x":
            return "virtio-net-ccw"
        if self.model == "virtio" and self.machine == "microvm":
            return "virtio-net-device"
        return QEMU_DEVICES.get(self.model, self.model)

    @property
    def pci(self) -> bool:
        """Whether it sits on a PCI bus here."""
        known = NIC_MODELS.get(self.model)
        slotless = known is not None and known.slot is Slot.NONE
        return not slotless and self.device not in ("virtio-net-ccw", "virtio-net-device")

    def take(self, properties: dict[str, str]) -> Iterator[tuple[str, str]]:
        """The properties that the extra attributes stand for."""
        for key, name in properties.items():
            if key in self.extra:
                self.used.add(key)
                value = self.extra[key]
                yield name, VALUES.get((name, value), value)


def qemu_arguments(
    nic: Nic,
    *,
    number: int,
    arch: str = "x86_64",
    machine: str = "",
    unmodelled: Sequence[str] = (),
) -> QemuArguments:
    """QEMU's arguments for a nic, the `number`-th of its domain (from 0).

    `unmodelled`: what the nic's element has besides, which is no part of a Nic: it is told.
    """
    found = _arguments(nic, number=number, arch=arch, machine=machine)
    notes = (f"{each}: no argument is written for it here" for each in unmodelled)
    return replace(found, notes=(*found.notes, *notes))


def _arguments(nic: Nic, *, number: int, arch: str, machine: str) -> QemuArguments:
    front = _Front(nic, number=number, arch=arch, machine=machine)
    if nic.model is None and nic.source.mode is not Mode.HOSTDEV:
        front.notes.append(f"no model is given: libvirt takes {front.model}")
    if nic.source.mode is Mode.HOSTDEV:
        return _assigned(front)
    back = backend(nic, number=number, virtio=front.virtio)
    properties = tuple(_properties(front))
    connected = (("netdev", f"hostnet{number}"),) if back.kind else ()
    if front.model in ONBOARD:
        mac: Pairs = (("macaddr", str(nic.mac)),) if nic.mac else ()
        front_words = ("-net", join("nic", (*connected, *mac, ("model", front.model))))
        front.notes += [f"{key}={value}: not for a chip on the board" for key, value in properties]
    else:
        front_words = ("-device", join(front.device, (*connected, *properties)))
    legacy = _legacy(front, back, properties, number)
    return QemuArguments(
        modern=(*_backend_words(back, number), *front_words),
        legacy=legacy,
        notes=(*back.notes, *front.notes, *_host_notes(front, back.used)),
    )


def qemu_id(name: str) -> str:
    """A nic's name as the id of its device: libvirt's alias where QEMU would not take it."""
    plain = _ID.fullmatch(name) and not name.startswith(USER_ALIAS_PREFIX)
    return name if plain else USER_ALIAS_PREFIX + name


def _paired_id(alias: str) -> str:
    """The id that the other nic has here, whose alias a failover's transient half names."""
    name = alias.removeprefix(USER_ALIAS_PREFIX)
    return alias if name == alias else qemu_id(name.removeprefix(OWNED_PREFIX))


def _backend_words(back: Backend, number: int) -> tuple[str, ...]:
    if back.kind is None:
        return ()
    chardev = ("-chardev", back.chardev) if back.chardev else ()
    return (*chardev, "-netdev", join(back.kind, (("id", f"hostnet{number}"), *back.pairs)))


def _properties(front: _Front) -> Iterator[tuple[str, str]]:
    nic = front.nic
    if nic.name:
        yield "id", qemu_id(nic.name)
    elif front.extra.get("teaming.type") == "persistent":
        yield "id", f"net{front.number}"  # what libvirt calls it, and its other half names
    if nic.mac:
        yield "mac", nic.mac
    else:
        front.notes.append("no MAC is given: QEMU would take 52:54:00:12:34:56, as for every guest")
    if front.virtio:
        yield from _virtio(front)
    yield from _placed(front)


def _placed(front: _Front) -> Iterator[tuple[str, str]]:
    """What every kind of device has: its place, its boot order, its ROM."""
    nic, address = front.nic, front.nic.pci_address
    if nic.boot_order is not None:
        yield "bootindex", str(nic.boot_order)
    if front.pci:
        yield from front.take(PCI_PROPERTIES)
    if address is None:
        return
    if not front.pci:
        front.notes.append(f"PCI address {address}: {front.device} is no PCI device")
        return
    root = "pcie.0" if _express(front) else "pci.0"
    yield "bus", f"pci.{address.bus}" if address.bus else root
    yield "addr", f"{address.slot:02x}" + (f".{address.function}" if address.function else "")
    if address.bus:
        front.notes.append(
            f"bus pci.{address.bus} is what libvirt calls that controller: on a command line of "
            f"your own it has to be there first, with id=pci.{address.bus}"
        )
    if address.domain:
        front.notes.append(f"PCI address {address}: QEMU's x86 machines have domain 0 only")


def _express(front: _Front) -> bool:
    return "q35" in front.machine or front.machine.startswith("virt")


def _virtio(front: _Front) -> Iterator[tuple[str, str]]:
    nic, extra = front.nic, front.extra
    multiqueue = nic.queues is not None and nic.queues > 1
    if multiqueue:
        yield "mq", "on"
    if nic.vectors is not None:
        yield "vectors", str(nic.vectors)
    elif multiqueue and nic.queues:
        # One for each direction of each pair, one for control, one for config changes.
        yield "vectors", str(2 * nic.queues + 2)
    if nic.mtu is not None:
        yield "host_mtu", str(nic.mtu)
    yield from front.take({"driver.txmode": "tx"})
    yield from front.take(VIRTIO_PROPERTIES)
    if extra.get("teaming.type") == "persistent":
        front.used.add("teaming.type")
        yield "failover", "on"


def _assigned(front: _Front) -> QemuArguments:
    """A device of the host in the guest: vfio-pci, without a back end."""
    nic = front.nic
    pairs: list[tuple[str, str]] = [("host", nic.source.name or "")]
    pairs += [("id", qemu_id(nic.name))] if nic.name else []
    if front.extra.get("teaming.type") == "transient" and "teaming.persistent" in front.extra:
        front.used |= {"teaming.type", "teaming.persistent"}
        pairs.append(("failover_pair_id", _paired_id(front.extra["teaming.persistent"])))
    pairs += _placed(front)
    front.notes.append(f"the host has to let go of it: vfio-pci holds {nic.source.name}")
    if nic.mac:
        front.notes.append(f"MAC {nic.mac} is set on the host: ip link set PF vf N mac {nic.mac}")
    words = ("-device", join("vfio-pci", tuple(pairs)))
    notes = (*front.notes, *_host_notes(front, frozenset()))
    return QemuArguments(modern=words, legacy=None, notes=notes)


def _legacy(front: _Front, back: Backend, properties: Pairs, number: int) -> tuple[str, ...] | None:
    """The `-net` pair. It is an x86 board's: an ISA or PCI card in a slot of bus 0."""
    nic = front.nic
    if back.kind is None or not back.old or front.model == "usb-net":
        front.notes.append("the old -net form cannot say this")
        return None
    lost = [key for key, _ in properties if key not in _OLD_KEYS]
    lost += [key for key, _ in back.pairs if key == "queues"]
    pairs = [("vlan", str(number))]
    pairs += [("macaddr", nic.mac)] if nic.mac else []
    pairs.append(("model", "virtio" if front.virtio else front.model))
    pairs += [("name", nic.name)] if nic.name else []
    if nic.pci_address and front.pci and not nic.pci_address.bus:
        pairs.append(("addr", dict(properties)["addr"]))
    elif nic.pci_address and front.pci:
        lost.append("bus")
    vectors = dict(properties).get("vectors")
    pairs += [("vectors", vectors)] if vectors else []
    if lost:
        front.notes.append(f"the old -net form cannot say {', '.join(lost)}")
    ends = [pair for pair in back.pairs if pair[0] != "queues"]
    hub = ("vlan", str(number))
    return ("-net", join("nic", tuple(pairs)), "-net", join(back.kind, (hub, *ends)))


def _host_notes(front: _Front, used: frozenset[str]) -> Iterator[str]:
    """What is left: fields and attributes that became no argument."""
    nic = front.nic
    for field, reason in HOST_SIDE.items():
        if getattr(nic, field):
            yield f"{field} {show(getattr(nic, field))}: {reason}"
    if nic.link == "down":
        name = qemu_id(nic.name) if nic.name else "NIC"
        yield f"link down is no argument: set_link {name} off in QEMU's monitor"
    if not front.virtio:
        for field in ("queues", "vectors", "mtu"):
            if (value := getattr(nic, field)) is not None:
                device = "vfio-pci" if nic.source.mode is Mode.HOSTDEV else front.device
                yield f"{field} {value}: {device} has no such property, only virtio has"
    for key, value in nic.extra or ():
        if key not in front.used and key not in used:
            yield f"{key}={value}: no argument of QEMU says this here"
