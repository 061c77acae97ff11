"""What OVN's southbound database has: the hosts, and on which of them each port is, as values."""

from __future__ import annotations

from vnetmgr.model.record import Record


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
    followed_ms: int = 0
    """When it had: milliseconds since 1970; 0: never."""

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
    requested: str | None = None
    """The host that alone may have it, as OVN has understood that."""
    up: bool = False


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

    def binding(self, port: str | None) -> Binding | None:
        """Where a logical port is."""
        return next((each for each in self.bindings if each.port == port), None)

    def behind(self, number: int) -> tuple[SeenChassis, ...]:
        """The hosts that have not followed a write, by what that counted nb_cfg up to."""
        return tuple(each for each in self.chassis if each.followed < number)
