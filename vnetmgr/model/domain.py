"""A domain as far as its nics need it: state, documents, PCI buses."""

from __future__ import annotations

from time import gmtime, strftime
from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record
from vnetmgr.model.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.model.forward import Forward
    from vnetmgr.model.host_forward import HostForward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.model.values import Mac, PciAddress


class PciController(Record):
    """A PCI bus, by the controller that provides it; `index` is the bus number."""

    index: int
    model: str
    """pci-root, pcie-root, pcie-root-port, pci-bridge, pcie-to-pci-bridge, ..."""
    hotplug: bool = True
    """False where `<target hotplug='off'/>` forbids it."""


class PciTopology(Record):
    """The PCI buses of a document and every address in use on them."""

    controllers: tuple[PciController, ...]
    used: frozenset[PciAddress]


class Hold(Record):
    """A colleague's hand brake: specs leave the domain, or one nic of it, alone until then."""

    nic: str | None
    """Its name or MAC; None: the whole domain."""
    until_s: int
    """Seconds since the epoch."""
    reason: str = ""

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        until = strftime("%Y-%m-%d %H:%M", gmtime(self.until_s))
        return f"{self.nic or 'all nics'} until {until} UTC{why}"


_CONFIG, _LIVE = (frozenset({state}) for state in State)
# By whether it is persistent, and active.
_STATES = {
    (False, False): frozenset[State](),
    (True, False): _CONFIG,
    (False, True): _LIVE,
    (True, True): _CONFIG | _LIVE,
}


class SeenDomain(Record):
    """A domain as observed. A transient domain has no config, a shut-off one no live state."""

    name: str
    uuid: str
    config_xml: str | None = None
    live_xml: str | None = None
    nics: tuple[Seen[Nic], ...] = ()
    paused: bool = False
    managed_save: bool = False
    """A managed save restores its own document, so config waits even through that start."""
    saved_nics: tuple[Nic, ...] = ()
    """Those of its managed save, where they were asked for."""
    agent_connected: bool = False
    data_xml: str | None = None
    """vnetmgr's own element of its metadata."""
    outdated_data: bool = False
    """Whether it runs with another one than its config has: libvirt restores the one of before with
    a managed save, and has no other once the domain is undefined."""
    stamp: str | None = None
    """The UUID that the element was written for; None: by a version that did not say."""
    holds: tuple[Hold, ...] = ()
    forwards: tuple[Forward, ...] = ()
    """What its metadata says of port forwards to it."""
    copied: tuple[Forward, ...] = ()
    """What its metadata says of another domain's, that it is a copy of. Of no effect."""
    rivals: tuple[str, ...] = ()
    """The domains that claim the same ports, where nothing tells whose they are."""
    owned_nics: frozenset[str] = frozenset()
    """The names of nics that its metadata says vnetmgr made from a spec."""
    pairs: Mapping[str, str] = MappingProxyType({})
    """A config nic's MAC -> the running nic's, of those that were given another while they ran."""
    host_forwards: tuple[HostForward, ...] | None = None
    """What QEMU itself forwards to its nics in user mode; None: not seen."""

    def xml(self, state: State) -> str | None:
        """The document in one state."""
        return self.config_xml if state is State.CONFIG else self.live_xml

    @property
    def active(self) -> bool:
        """Whether it runs (or is paused)."""
        return self.live_xml is not None

    @property
    def persistent(self) -> bool:
        """Whether libvirt keeps a definition of it."""
        return self.config_xml is not None

    @property
    def states(self) -> frozenset[State]:
        """The states that it has."""
        return _STATES[self.persistent, self.active]

    @property
    def stamped(self) -> bool:
        """Whether vnetmgr's element is known to be this domain's own."""
        return self.stamp == self.uuid

    @property
    def own_data_xml(self) -> str | None:
        """vnetmgr's element as far as it is this domain's own."""
        return None if self.copied or self.stamp not in (None, self.uuid) else self.data_xml

    @property
    def stamp_to_write(self) -> str | None:
        """What its element is to be stamped with; None while nobody knows whose it is."""
        return None if self.rivals else self.uuid

    @property
    def macs(self) -> frozenset[Mac]:
        """The MACs of its nics in either state."""
        found = (nic.mac for seen in self.nics for nic in (seen.config, seen.live) if nic)
        return frozenset(mac for mac in found if mac is not None)


class DomainDocument(Record):
    """What one domain document says; the host pairs config and live into a SeenDomain."""

    name: str
    uuid: str
    nics: tuple[tuple[Nic, str], ...]
    """Each nic with its own element as text, in the document's order."""
    agent_connected: bool = False
    data_xml: str | None = None
    """vnetmgr's own element of its metadata."""
