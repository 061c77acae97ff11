"""What doctor says of one step of a nic's path."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator


class Status(StrEnum):
    """How a step of the path is, from good to bad; what was not looked at is no `ok`."""

    OK = "ok"
    NOT_CHECKED = "not-checked"
    INFO = "info"
    """As it is meant, and people stumble over it."""
    WARNING = "warning"
    BROKEN = "broken"


class Layer(StrEnum):
    """Where on the path a step is, from the guest outwards."""

    DOMAIN = "domain"
    DEVICE = "device"
    """The nic in config and live: what the guest was given."""
    GUEST = "guest"
    """The guest's own link, driver and addresses."""
    LINK = "link"
    TAP = "tap"
    FILTER = "filter"
    """libvirt's network filters."""
    BRIDGE = "bridge"
    VLAN = "vlan"
    NETWORK = "network"
    OVERLAY = "overlay"
    """OVN: this host's part of it, logical ports, tunnels."""
    UPLINK = "uplink"
    FIREWALL = "firewall"
    """nftables and iptables, of every family."""
    DHCP = "dhcp"
    ADDRESS = "address"
    """The host's neighbour table, duplicate addresses."""
    ROUTE = "route"
    NAT = "nat"
    IPV6 = "ipv6"
    DNS = "dns"
    MTU = "mtu"
    FORWARD = "forward"


LAYERS: tuple[Layer, ...] = tuple(Layer)
"""In the order in which packets of a guest come by."""


class Finding(Record):
    """One check of one nic (or of all of a domain) and its outcome."""

    domain: str
    nic: str | None
    """Its name or MAC; None: the domain itself."""
    check: str
    """The check's stable id: `tap-not-on-bridge`."""
    layer: Layer
    status: Status
    cause: str
    """One sentence: what is so, or what it would need to look."""
    owner: str | None = None
    """Whose it is: `Docker: table ip filter, chain FORWARD`."""
    remedy: str | None = None
    """The command that mends it, as a shell takes it."""
    fixable: bool = False
    """Whether `doctor --fix` does that."""


class NicPath(Record):
    """All that was found of one nic, from the guest outwards."""

    domain: str
    nic: str | None
    """Its name or MAC; None: the domain has none."""
    findings: tuple[Finding, ...]

    @property
    def label(self) -> str:
        """How messages call it: `web1/lan`."""
        return self.domain if self.nic is None else f"{self.domain}/{self.nic}"

    @property
    def first_cause(self) -> Finding | None:
        """What to mend first: the first that is broken; else the first to be warned of."""
        for status in (Status.BROKEN, Status.WARNING):
            for each in self.findings:
                if each.status is status:
                    return each
        return None

    def those(self, status: Status) -> tuple[Finding, ...]:
        """What has a status."""
        return tuple(each for each in self.findings if each.status is status)


class Diagnosis(Record):
    """What doctor says of the nics that were asked for."""

    uri: str
    host: str
    paths: tuple[NicPath, ...]
    named: frozenset[tuple[str, str]] = frozenset()
    """(domain, nic) of those that were asked for one by one."""
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> Iterator[Finding]:
        """All of them, path by path."""
        return (each for path in self.paths for each in path.findings)

    @property
    def causes(self) -> Iterator[Finding]:
        """What to mend first, of each nic that something is wrong with; what is broken leads."""
        found = [cause for path in self.paths if (cause := path.first_cause) is not None]
        return iter(sorted(found, key=lambda each: each.status is not Status.BROKEN))

    @property
    def exit_code(self) -> ExitCode:
        """Whether something is broken."""
        broken = any(each.status is Status.BROKEN for each in self.findings)
        return ExitCode.FAILED if broken else ExitCode.DONE
