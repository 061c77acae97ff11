"""What OVN's southbound database has: the hosts, and on which of them each port is, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vnetmgr.model.overlay.host import Chassis

_NORTH, _SOUTH = "ovnnb_db.sock", "ovnsb_db.sock"
"""How OVN's own packages call the databases' sockets, side by side."""


def southbound_at(
    chassis: Chassis | None,
    northbound: str | None,
    environment: Mapping[str, str],
    is_socket: Callable[[str], bool],
) -> str | None:
    """Where the southbound database is, where nobody has said it; None: that is not known.

    That of this machine's ovn-controller, as its Open vSwitch says; else what OVN's own programs
    are told; else a socket of this machine, unless the northbound database is elsewhere.
    """
    said = (chassis and chassis.southbound) or environment.get("OVN_SB_DB")
    if said:
        return said
    paths = (f"{folder}/{_SOUTH}" for folder in _folders(northbound, environment))
    return next((f"unix:{path}" for path in paths if is_socket(path)), None)


def _folders(northbound: str | None, environment: Mapping[str, str]) -> Iterator[str]:
    if northbound is None or northbound.startswith("unix:"):
        folder, _, name = (northbound or "").removeprefix("unix:").rpartition("/")
        if name == _NORTH:
            yield folder
        yield environment.get("OVN_RUNDIR", "/run/ovn")


def parse_mappings(text: str) -> tuple[tuple[str, str], ...]:
    """(physical network, bridge) of each, as ovn-controller takes them: what is no pair is none."""
    pairs = (each.strip().partition(":") for each in text.split(","))
    return tuple((name, bridge) for name, _, bridge in pairs if name and bridge)


def removal(at: str, name: str) -> str:
    """The command that takes a chassis away by hand."""
    return f"ovn-sbctl --db={shell_word(at)} chassis-del {shell_word(name)}"


class SeenChassis(Record):
    """A host that has joined OVN."""

    name: str
    hostname: str
    encaps: tuple[tuple[str, str], ...] = ()
    """(type, address) of the ends of its tunnels: (`geneve`, `10.0.0.1`)."""
    bridge_mappings: str = ""
    """As its ovn-controller says them: `physnet:br-ex`."""
    datapath: str = ""
    """`netdev`: its integration bridge switches in user space; else `system`."""
    followed: int = 0
    """The last of the northbound database's nb_cfg that it has put in force."""

    @property
    def physical_networks(self) -> tuple[str, ...]:
        """Those that it has a bridge to."""
        return tuple(name for name, _ in parse_mappings(self.bridge_mappings))

    @property
    def label(self) -> str:
        """How messages call it."""
        return self.hostname or self.name


class Binding(Record):
    """Where a logical port is."""

    port: str
    chassis: str | None = None
    """The name of the host that has it; None: none has."""
    additional: tuple[str, ...] = ()
    """Others that have it as well, during a migration."""


class Written(Record):
    """What was written to the northbound database, as its nb_cfg counts it."""

    before: int
    """What nb_cfg was before."""
    before_ms: int | None
    """When that had come through to the southbound database: milliseconds since 1970, by the clock
    of ovn-northd; None: it had not yet."""
    number: int
    """What it is since. Hosts that have followed it say as much."""


class Southbound(Record):
    """What the database has, or what of it was asked for."""

    at: str
    asked: int = 0
    """The northbound database's nb_cfg, as it has come through."""
    chassis: tuple[SeenChassis, ...] = ()
    bindings: tuple[Binding, ...] = ()

    def named(self, name: str | None) -> SeenChassis | None:
        """A host by its name, which is unique there."""
        return next((each for each in self.chassis if each.name == name), None)

    def is_behind(self, chassis: SeenChassis) -> bool:
        """Whether it has not yet put in force all that was written to the northbound database."""
        return chassis.followed < self.asked

    def binding(self, port: str | None) -> Binding | None:
        """Where a logical port is."""
        return next((each for each in self.bindings if each.port == port), None)

    def host_of(self, port: str | None) -> SeenChassis | None:
        """The host that has a logical port."""
        binding = self.binding(port)
        return None if binding is None else self.named(binding.chassis)
