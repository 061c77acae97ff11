"""libvirt's networks and network filters, and the dnsmasq of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record, Row

if TYPE_CHECKING:
    from vnetmgr.model.network import Network


class NetworkFacts(Record):
    """A network; `live` is None while it is off, `config` where it is transient."""

    name: str
    config: Network | None = None
    live: Network | None = None
    autostart: bool = False
    ports: frozenset[str] | None = None
    """The ids of its ports, as libvirt has them; None: it is off, or was not asked."""

    @property
    def active(self) -> bool:
        """Whether it runs."""
        return self.live is not None

    @property
    def network(self) -> Network:
        """What it is now: the running one, where it runs."""
        found = self.live or self.config
        if found is None:
            raise ValueError(f"network {self.name} is in one state at least")
        return found


class FilterRule(Record):
    """One rule of a network filter."""

    action: str
    """accept, drop, reject, return, continue."""
    direction: str
    """in: to the guest, out, inout."""
    protocol: str
    """The element's name: mac, arp, ip, tcp, udp-ipv6, ...; `all` where it has none."""
    priority: int = 500


class FilterFacts(Record):
    """A network filter of libvirt's."""

    name: str
    rules: tuple[FilterRule, ...] = ()
    refs: tuple[str, ...] = ()
    """The filters that it includes."""


class FilterBody(Row):
    """All that a network filter does, as a text that compares."""

    text: str
    refs: tuple[str, ...] = ()
    """The filters that it includes."""


class DnsmasqFacts(Record):
    """The DHCP and DNS server that libvirt runs for a network."""

    network: str
    pid: int | None
    """None: there is no such process."""

    @property
    def alive(self) -> bool:
        """Whether it is there."""
        return self.pid is not None
