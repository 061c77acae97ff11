"""A nic (a domain's `<interface>`), what somebody wants of one, and how the two compare.

One name per field: here, as option (`--pci-address`), as YAML key (`pci_address`), in reader
and merger. `tests/unit/model/test_fields.py` holds them together.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.names import OWNED_PREFIX, USER_ALIAS_PREFIX
from vnetmgr.model.patch import UNSET, Differences, Patch, Setting, Unset, compare
from vnetmgr.model.record import Record, Row, replace

if TYPE_CHECKING:
    from collections.abc import Collection

    from vnetmgr.model.values import Bandwidth, Mac, PciAddress


class Mode(StrEnum):
    """The kind of a nic's source. Other kinds that libvirt knows are read, never written."""

    BRIDGE = "bridge"
    NETWORK = "network"
    USER = "user"
    DIRECT = "direct"
    HOSTDEV = "hostdev"
    ETHERNET = "ethernet"
    VHOSTUSER = "vhostuser"
    VDPA = "vdpa"
    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    MCAST = "mcast"
    UDP = "udp"
    NULL = "null"
    VDS = "vds"
    OTHER = "other"
    """A kind that libvirt has learned since."""


OPENVSWITCH = "openvswitch"
"""The virtualport of a nic on a bridge of Open vSwitch."""


class Source(Row):
    """Where a nic's packets go.

    `name` is the bridge, the network, the host link or the PCI address; None in user mode.
    """

    mode: Mode
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.mode} {self.name}" if self.name else str(self.mode)

    def is_on(self, networks: Collection[str], bridges: Collection[str]) -> bool:
        """Whether it leads to one of these networks, be it by naming just their own bridges."""
        if self.mode is Mode.NETWORK:
            return self.name in networks
        return self.mode is Mode.BRIDGE and self.name in bridges


Pairs: TypeAlias = tuple[tuple[str, str], ...]


class SomePairs(Row):
    """What a command says of a map: these keys have these values, or go (None); others stay."""

    pairs: tuple[tuple[str, str | None], ...]

    def onto(self, present: Pairs | None) -> Pairs | None:
        """The whole map."""
        named = {key for key, _ in self.pairs}
        kept = tuple(pair for pair in present or () if pair[0] not in named)
        return (*kept, *((key, value) for key, value in self.pairs if value is not None)) or None


class Nic(Record):
    """What a nic is, in config or live. None: the element has no such setting."""

    source: Source
    name: str | None = None
    owned: bool = False
    mac: Mac | None = None
    model: str | None = None
    portgroup: str | None = None
    direct_mode: str | None = None
    virtualport: str | None = None
    vlan: tuple[int, ...] | None = None
    mtu: int | None = None
    queues: int | None = None
    pci_address: PciAddress | None = None
    boot_order: int | None = None
    link: str | None = None
    inbound: Bandwidth | None = None
    outbound: Bandwidth | None = None
    filter: str | None = None
    filter_param: Pairs | None = None
    isolated_port: bool | None = None
    vectors: int | None = None
    """MSI-X vectors, which libvirt has no element for: set by `<qemu:override>`."""
    extra: Pairs | None = None
    """What QEMU users know besides: see options.extra.EXTRA_KEYS."""
    target: str | None = None
    """The host's link of a live nic (`vnet0`); libvirt chooses it, nobody sets it here."""
    bridge: str | None = None
    """The bridge that a live nic's tap should be a port of, also behind a network."""
    port_id: str | None = None
    """The id of a live nic's port on its network."""
    interface_id: str | None = None
    """What Open vSwitch, and OVN above it, know a nic by."""

    @property
    def key(self) -> str:
        """What stays the same, and tells it from others: its name, its MAC where it has none."""
        return self.name or str(self.mac)

    @property
    def alias(self) -> str | None:
        """The libvirt user alias that carries the name."""
        if self.name is None:
            return None
        return nic_alias(self.name, owned=self.owned)


def nic_alias(name: str, *, owned: bool) -> str:
    """The user alias of a nic called `name`."""
    return f"{USER_ALIAS_PREFIX}{OWNED_PREFIX if owned else ''}{name}"


class NicPatch(Patch):
    """What somebody wants of a nic: the settable fields of Nic, each a Setting."""

    source: Source | Unset = UNSET
    name: str | Unset = UNSET
    owned: bool | Unset = UNSET
    mac: Mac | Unset = UNSET
    model: Setting[str] = UNSET
    portgroup: Setting[str] = UNSET
    direct_mode: Setting[str] = UNSET
    virtualport: Setting[str] = UNSET
    vlan: Setting[tuple[int, ...]] = UNSET
    mtu: Setting[int] = UNSET
    queues: Setting[int] = UNSET
    pci_address: Setting[PciAddress] = UNSET
    boot_order: Setting[int] = UNSET
    link: Setting[str] = UNSET
    inbound: Setting[Bandwidth] = UNSET
    outbound: Setting[Bandwidth] = UNSET
    filter: Setting[str] = UNSET
    filter_param: Setting[Pairs | SomePairs] = UNSET
    isolated_port: Setting[bool] = UNSET
    vectors: Setting[int] = UNSET
    extra: Setting[Pairs | SomePairs] = UNSET


NIC_FIELDS = NicPatch.FIELDS
MAPS = ("filter_param", "extra")
"""The fields that are maps: their order says nothing, and a command may say a part of one."""

# What libvirt means when an element is absent: asking for it is asking for nothing.
# libvirt drops queues='1' when it reads a document (virDomainNetDefParseXMLDriver).
_DEFAULTS: dict[str, object] = {"link": "up", "isolated_port": False, "queues": 1}


def field_value(nic: Nic, field: str) -> object:
    """One field of a nic, in a form that compares: an absent element is its default."""
    return _normal(field, getattr(nic, field))


def whole(patch: NicPatch, nic: Nic | None) -> NicPatch:
    """The patch as it is meant for this nic: its maps are complete."""
    maps: dict[str, object] = {}
    for field in MAPS:
        value = getattr(patch, field)
        if isinstance(value, SomePairs):
            maps[field] = value.onto(getattr(nic, field, None))
    return replace(patch, **maps) if maps else patch


def differences(nic: Nic, patch: NicPatch) -> Differences:
    """(field, present, wanted) for each managed field in which the nic differs."""
    return compare(nic, whole(patch, nic), _normal)


def _normal(field: str, value: object) -> object:
    if field in MAPS and isinstance(value, tuple):
        return tuple(sorted(value)) or None
    return None if value == _DEFAULTS.get(field, UNSET) else value


# What a network or its portgroup hands to a live nic whose config does not say it.
_INHERITED = frozenset(
    {"portgroup", "virtualport", "vlan", "mtu", "inbound", "outbound", "isolated_port"}
)
# What libvirt fills into a live nic where the config is silent.
_FILLED_IN: dict[str, object] = {"direct_mode": "vepa"}


def inherited(field: str, *, config: Nic | None, live: Nic) -> bool:
    """Whether the live value of a field comes from the network, or from libvirt's own default."""
    if config is None:
        return False
    if field == "source":
        # A live nic of a hostdev network is shown without its network, as the device it got.
        return (config.source.mode, live.source.mode) == (Mode.NETWORK, Mode.HOSTDEV)
    if getattr(config, field) is not None:
        return False
    if live.source.mode is Mode.NETWORK and field in _INHERITED:
        return True
    return field in _FILLED_IN and getattr(live, field) == _FILLED_IN[field]


def pending(*, config: Nic, live: Nic) -> Differences:
    """(field, what runs, what the config says) for each field in which they differ."""
    return tuple(
        (field, _or_default(field, live), _or_default(field, config))
        for field in NIC_FIELDS
        if field_value(config, field) != field_value(live, field)
        and not inherited(field, config=config, live=live)
    )


def _or_default(field: str, nic: Nic) -> object:
    value = getattr(nic, field)
    return _DEFAULTS.get(field) if value is None else value


def pending_fields(*, config: Nic, live: Nic) -> tuple[str, ...]:
    """The fields in which the running nic is not what the config says."""
    return tuple(field for field, _, _ in pending(config=config, live=live))


def as_it_runs(*, config: Nic | None, live: Nic) -> Nic:
    """A running nic, on the source that its config names where it got something out of that: a
    function of a card, out of a pool."""
    if config is not None and inherited("source", config=config, live=live):
        return replace(live, source=config.source)
    return live
