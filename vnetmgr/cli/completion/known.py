"""What is there, as far as completion asks for it: each thing when it is wanted, and nothing where
libvirt does not answer."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from vnetmgr.errors import VnetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.model.dhcp import Lease
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Links, Observed, Scope

T = TypeVar("T")
PATIENCE_S = 2.0
"""How long libvirt may answer nothing: who has pressed a key waits."""
_GUESTS = ("vnet", "macvtap", "vif", "tap")
"""What links of guests are called."""


def without_questions(uri: str | None) -> str | None:
    """The URI, for which ssh asks nobody for a password: it would in the middle of a line."""
    from vnetmgr.host.uri import HostUri, chosen_uri

    wanted = chosen_uri(uri)
    if HostUri.parse(wanted).transport != "ssh" or "no_tty=" in wanted:
        return uri
    return f"{wanted}{'&' if '?' in wanted else '?'}no_tty=1"


def uri_of_hosts(file: str | None, words: Sequence[str]) -> str | None:
    """The connection to the one host that is chosen; None: there are several, or none is known."""
    from vnetmgr.fleet.hosts_file import hosts_in_file

    names = [name for word in words for name in word.split(",")]
    try:
        hosts = hosts_in_file(file).chosen(names).hosts
    except VnetError:
        return None
    return hosts[0].connect if len(hosts) == 1 else None


def host_names(file: str | None) -> list[str]:
    """The hosts of a file."""
    from vnetmgr.fleet.hosts_file import hosts_in_file

    try:
        return list(hosts_in_file(file).names)
    except VnetError:
        return []


class Known:
    """One libvirt, and this machine where its guests' links are here."""

    def __init__(self, uri: str | None) -> None:
        self.uri = uri
        self._connected: Host | None = None
        self._connecting = Thread(target=self._connect, daemon=True)

    @classmethod
    def nothing(cls) -> Known:
        """Where it is not known whom to ask."""
        known = cls(None)
        known.__dict__["_host"] = None
        return known

    def begin(self) -> None:
        """Connect while something else is done."""
        self._connecting.start()

    def _connect(self) -> None:
        with suppress(Exception):  # then nothing is known
            from vnetmgr.host.connect import Host

            self._connected = Host.connect(without_questions(self.uri), readonly=True)

    @cached_property
    def _host(self) -> Host | None:
        from vnetmgr.runtime.answers import ANSWERS

        ANSWERS.timeout_s = PATIENCE_S
        if self._connecting.ident is None:
            self.begin()
        self._connecting.join(PATIENCE_S)
        return self._connected

    @staticmethod
    def _answer(ask: Callable[[], T], otherwise: T) -> T:
        try:
            return ask()
        except VnetError:
            return otherwise

    def _of_host(self, ask: Callable[[Host], T], otherwise: T) -> T:
        host = self._host
        return otherwise if host is None else self._answer(lambda: ask(host), otherwise)

    def _observed(self, scope: Scope) -> Observed | None:
        from vnetmgr.engine.observe import observe

        return self._of_host(lambda host: observe(host, scope), None)

    def domains(self) -> list[str]:
        """Every domain's name."""
        return self._of_host(lambda host: host.domain_names(), [])

    def domain_numbers(self) -> dict[str, str]:
        """Every domain's UUID, and its id while it runs, each with its name."""
        return self._of_host(lambda host: host.domain_numbers(), {})

    def domains_noting(self, word: str) -> list[str]:
        """The domains in whose metadata vnetmgr has noted something."""
        return self._of_host(lambda host: host.domains_noting(word), [])

    def domain(self, name: str) -> SeenDomain | None:
        """A domain by its name, UUID or id."""
        from vnetmgr.model.seen.observed import Scope

        called = self._of_host(lambda host: host.domain_called(name), name)
        observed = self._observed(Scope(optional_domains=(called,)))
        return None if observed is None else observed.domain(called)

    def nics(self, domain: str) -> list[Nic]:
        """A domain's nics, as they run where they do."""
        seen = self.domain(domain)
        return [] if seen is None else [each.live or each.any for each in seen.nics]

    def networks(self) -> list[str]:
        """Every network's name."""
        return self._of_host(lambda host: host.network_names(), [])

    def network(self, name: str) -> SeenNetwork | None:
        """A network by its name."""
        from vnetmgr.model.seen.observed import Scope

        observed = self._observed(Scope(networks=(name,)))
        return None if observed is None else observed.network(name)

    def leases(self, network: str) -> tuple[Lease, ...]:
        """What a network's DHCP has given out; of all networks by EVERY."""
        from vnetmgr.model.seen.observed import Scope

        observed = self._observed(Scope(networks=(network,), leases=(network,)))
        return () if observed is None else observed.leases

    def filters(self) -> list[str]:
        """libvirt's network filters."""
        from vnetmgr.model.seen.observed import Scope

        observed = self._observed(Scope(filters=True))
        return sorted((observed.filters if observed is not None else None) or ())

    def _links(self) -> Links | None:
        from vnetmgr.model.seen.observed import Scope

        observed = self._observed(Scope(links=True))
        return None if observed is None else observed.links

    def bridges(self) -> list[str]:
        """The host's bridges; those of its networks where links cannot be seen."""
        links = self._links()
        if links is not None:
            return sorted({*links.bridges, *(links.switches or ())})
        from vnetmgr.model.seen.observed import EVERY, Scope

        observed = self._observed(Scope(networks=(EVERY,)))
        live = (each.live for each in observed.networks) if observed is not None else ()
        return sorted({each.bridge for each in live if each is not None and each.bridge})

    def links(self) -> list[str]:
        """The host's links that guests may be on: no bridge, and no guest's own."""
        links = self._links()
        if links is None or links.names is None:
            return []
        others = links.names - links.bridges - {"lo"}
        return sorted(each for each in others if not each.startswith(_GUESTS))

    def host_devices(self) -> Iterator[tuple[str, str]]:
        """(PCI address, what it is) of the network devices that a guest can have."""
        from vnetmgr.model.seen.observed import Scope

        observed = self._observed(Scope(host_devices=True))
        devices = observed.host_devices if observed is not None else None
        for each in devices.network if devices is not None else ():
            what = "virtual function" if each.is_vf else "card"
            yield str(each.address), " ".join((what, *each.links))

    def unowned_forwards(self) -> list[str]:
        """The forwards that are in the kernel, and no domain's."""
        from vnetmgr.listings.forwards import list_forwards

        listing = self._of_host(lambda host: list_forwards(host, ()), None)
        rows = listing.rows if listing is not None else ()
        return [each.forward.name for each in rows if each.domain is None]

    def zones(self) -> list[str]:
        """firewalld's zones, by their files: its program takes 0.4 s to say them."""
        from pathlib import Path

        places = (Path("/usr/lib/firewalld/zones"), Path("/etc/firewalld/zones"))
        return sorted({file.stem for place in places for file in place.glob("*.xml")})
