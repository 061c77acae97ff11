"""The DNS records that a network's dnsmasq answers, and whom it asks in turn."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress


class RecordKind(StrEnum):
    """The kinds of DNS record that a network can have."""

    HOST = "host"
    SRV = "srv"
    TXT = "txt"
    CNAME = "cname"
    WILDCARD = "wildcard"

    @property
    def in_options(self) -> bool:
        """Whether it is an option of dnsmasq's, which is read at its start alone."""
        return self in (RecordKind.CNAME, RecordKind.WILDCARD)


class DnsForwarder(Record):
    """Whom the network's DNS asks in turn: for one domain, or for all."""

    address: IpAddress | None = None
    """None: the host's own DNS servers, or the forwarders of all domains where there are any."""
    domain: str | None = None
    """With all that is below it; None: every name that no other forwarder's domain has."""

    def __str__(self) -> str:
        said = [] if self.address is None else [str(self.address)]
        return ",".join((*said, *([f"domain={self.domain}"] if self.domain else [])))


class DnsRecord(Record):
    """One record. Which fields count depends on the kind; the others are None."""

    kind: RecordKind
    name: str
    """The host's name, the SRV service without its underscore, the TXT name, the CNAME alias,
    the wildcard with its `*`."""
    address: IpAddress | None = None
    """host and wildcard."""
    protocol: str | None = None
    """srv: tcp or udp, without its underscore."""
    domain: str | None = None
    """srv; None: the network's."""
    target: str | None = None
    """srv and cname."""
    port: int | None = None
    """srv."""
    priority: int | None = None
    """srv."""
    weight: int | None = None
    """srv."""
    value: str | None = None
    """txt."""

    @property
    def identity(self) -> tuple[object, ...]:
        """What no two records of a network may share: all but TXT's value and SRV's numbers."""
        return self.kind, self.name, self.address, self.protocol, self.domain, self._aim

    @property
    def _aim(self) -> str | None:
        # An alias has one target; a service has as many as it likes.
        return self.target if self.kind is RecordKind.SRV else None

    def covers(self, name: str) -> bool:
        """Whether it is a wildcard that answers for a name, where nothing knows that itself. For
        dnsmasq the domain is one of those below it."""
        return self.kind is RecordKind.WILDCARD and f".{name}".endswith(self.name[1:])

    def __str__(self) -> str:
        """What is None is left out: a record that is to be removed need not be complete."""
        rest: object
        match self.kind:
            case RecordKind.HOST | RecordKind.WILDCARD:
                name, rest = self.name, self.address
            case RecordKind.SRV:
                protocol = f"._{self.protocol}" if self.protocol else ""
                where = f".{self.domain}" if self.domain else ""
                name = f"_{self.name}{protocol}{where}"
                place = self.target if self.port is None else f"{self.target}:{self.port}"
                rest = place or (None if self.protocol is None else ".")
                for what in ("priority", "weight"):
                    number = getattr(self, what)
                    rest = rest if number is None else f"{rest or ''} {what} {number}".lstrip()
            case RecordKind.TXT:
                name, rest = self.name, None if self.value is None else repr(self.value)
            case RecordKind.CNAME:
                name, rest = self.name, self.target
        return f"{self.kind} {name}" + ("" if rest is None else f" {rest}")
