"""What is there, as candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.cli.completion.candidate import Candidate, fitting
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.nics import CLEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vnetmgr.cli.completion.candidate import Offer
    from vnetmgr.cli.completion.line import Line
    from vnetmgr.model.nic import Nic

RECORD_FIELDS = ("host", "address", "srv", "txt", "cname", "wildcard", "target", "value", "domain")
_NAMED_BY = {"host": "host", "srv": "srv", "txt": "txt", "cname": "cname", "wildcard": "wildcard"}


def domains(typed: str, line: Line) -> Offer:
    """Domains, by name; by UUID or id where no name begins so."""
    return list(_domains(typed, line))


def _domains(typed: str, line: Line, *, more: bool = False) -> Iterator[Candidate]:
    names = line.known.domains()
    yield from (Candidate(each, more=more) for each in names)
    if typed and not any(each.startswith(typed) for each in names):
        numbers = line.known.domain_numbers()
        found = ((number, name) for number, name in numbers.items() if number.startswith(typed))
        yield from (Candidate(number, name, more) for number, name in found)


def targets(typed: str, line: Line) -> Offer:
    """A domain, or behind a slash a nic of it."""
    domain, slash, nic = typed.partition("/")
    if slash:
        return [
            Candidate(f"{domain}/{each.text}", each.about) for each in _nics_of(domain, nic, line)
        ]
    return list(_domains(typed, line, more=True))


def nics(typed: str, line: Line) -> Offer:
    """The nics of the domain that is named."""
    domain = line.said("domain")
    return list(_nics_of(domain, typed, line)) if domain else []


def _nics_of(domain: str, typed: str, line: Line) -> Iterator[Candidate]:
    """Each by one word; by any that leads to it, where that is begun."""
    for nic in line.known.nics(domain):
        about = " ".join(filter(None, (str(nic.source), nic.model)))
        for place, each in enumerate(_ways(nic)):
            if not place or (typed and each.startswith(typed.lower())):
                yield Candidate(each, about)


def _ways(nic: Nic) -> list[str]:
    """The words that lead to a nic, the best first."""
    every = (nic.name, nic.mac, nic.target, nic.pci_address)
    return [str(each) for each in every if each is not None]


def portgroups(line: Line) -> Iterator[str]:
    """Of the network that is named, or that the nic is on."""
    name = line.said("network")
    if line.command is not None and line.command.name == "update-network":
        name = line.said("name")
    elif name is None:
        name = _network_of_nic(line)
    network = line.known.network(name) if name else None
    for each in network.any.portgroups if network is not None else ():
        yield each.name


def _network_of_nic(line: Line) -> str | None:
    domain, called = line.said("domain"), line.said("nic")
    if domain is None or called is None:
        return None
    sources = (nic.source for nic in line.known.nics(domain) if called in _ways(nic))
    return next((each.name for each in sources if each.mode is Mode.NETWORK), None)


def filters(line: Line) -> Iterator[str]:
    """libvirt's network filters."""
    yield from line.known.filters()
    if line.command is not None and line.command.name == "update-nic":
        yield CLEAR


def host_devices(line: Line) -> Iterator[Candidate]:
    """The host's network devices, by PCI address."""
    return (Candidate(address, about) for address, about in line.known.host_devices())


def forwarding_domains(line: Line) -> list[str]:
    """The domains that have a port forward."""
    return line.known.domains_noting("forward")


def forwards(line: Line) -> Iterator[Candidate]:
    """The port forwards of the domain that is named."""
    domain = line.said("domain")
    seen = line.known.domain(domain) if domain else None
    for each in seen.forwards if seen is not None else ():
        yield Candidate(each.name, each.text)


def held(typed: str, line: Line) -> Offer:  # noqa: ARG001 - a completer
    """What a hold is on: domains, and nics of them."""
    found = []
    for name in line.known.domains_noting("hold"):
        seen = line.known.domain(name)
        for each in seen.holds if seen is not None else ():
            found.append(Candidate(f"{name}/{each.nic}" if each.nic else name, str(each)))
    return found


def reserved_clients(typed: str, line: Line) -> Offer:
    """Whose address a network keeps."""
    network = line.known.network(line.said("network") or "")
    kept = network.any.reservations if network is not None else ()
    macs = [Candidate(str(each.mac), str(each.address)) for each in kept if each.mac]
    return _or_targets(macs, typed, line)


def clients(typed: str, line: Line) -> Offer:
    """Who may have an address kept."""
    leases = line.known.leases(line.said("network") or "")
    macs = [Candidate(str(each.mac), str(each.address)) for each in leases if each.mac]
    return _or_targets(macs, typed, line)


def _or_targets(macs: list[Candidate], typed: str, line: Line) -> Offer:
    if typed and fitting(macs, typed):
        return macs
    found = targets(typed, line)
    return [*macs, *found] if isinstance(found, list) else found


def reserved_addresses(line: Line) -> Iterator[Candidate]:
    """What a network keeps for a client; for anybody where none is named by MAC."""
    network = line.known.network(line.said("network") or "")
    macs = _macs_of_client(line)
    for each in network.any.reservations if network is not None else ():
        if macs is None or str(each.mac) in macs:
            yield Candidate(str(each.address), each.client)


def reserved(field: str) -> Callable[[Line], Iterator[Candidate]]:
    """What else a network knows those by that it keeps addresses for."""

    def found(line: Line) -> Iterator[Candidate]:
        network = line.known.network(line.said("network") or "")
        for each in network.any.reservations if network is not None else ():
            if (value := getattr(each, field)) is not None:
                yield Candidate(value, str(each.address))

    return found


def leased_duids(line: Line) -> Iterator[Candidate]:
    """The IPv6 clients of a network."""
    for each in line.known.leases(line.said("network") or ""):
        if each.duid is not None:
            yield Candidate(each.duid, str(each.address))


def leased_addresses(line: Line) -> Iterator[Candidate]:
    """What a client has now."""
    macs = _macs_of_client(line)
    for each in line.known.leases(line.said("network") or ""):
        if macs is None or str(each.mac) in macs:
            yield Candidate(str(each.address), each.hostname or str(each.mac))


def _macs_of_client(line: Line) -> frozenset[str] | None:
    client = line.said("client")
    if client is None:
        return None
    if client.count(":") == 5 and "/" not in client:
        return frozenset((client.lower(),))
    domain, _, nic = client.partition("/")
    return frozenset(_macs(line.known.nics(domain), nic))


def _macs(found: Iterable[Nic], called: str | None) -> Iterator[str]:
    for nic in found:
        if not called or called in _ways(nic):
            yield str(nic.mac)


def addresses_of_nics(line: Line) -> Iterator[Candidate]:
    """What DHCP keeps for the domain's nics, or has given them."""
    domain, called = line.said("domain"), line.said("nic")
    nics = line.known.nics(domain) if domain else []
    macs = frozenset(_macs(nics, called))
    for name in dict.fromkeys(nic.source.name for nic in nics if nic.source.mode is Mode.NETWORK):
        network = line.known.network(name or "")
        kept = network.any.reservations if network is not None else ()
        found = [(each.mac, each.address) for each in kept]
        found += ((each.mac, each.address) for each in line.known.leases(name or ""))
        yield from (Candidate(str(each), name or "") for mac, each in found if str(mac) in macs)


def destinations(typed: str, line: Line) -> Offer:
    """Where a packet may go: the gateway, a guest, an address that DHCP has given out."""
    from vnetmgr.model.seen.observed import EVERY

    before, slash, _ = typed.rpartition("/")
    if slash:
        return [Candidate(f"{before}/{each}") for each in ("tcp", "udp", "icmp")]
    found = [Candidate("gateway", more=True)]
    found += (Candidate(each, more=True) for each in line.known.domains())
    if typed[:1].isdigit():
        leases = line.known.leases(EVERY)
        found += (Candidate(str(each.address), each.hostname or "", more=True) for each in leases)
    return found


def dns_domain(line: Line) -> Iterator[str]:
    """The network's own."""
    network = line.known.network(line.said("network") or "")
    if network is not None and network.any.dns_domain:
        yield network.any.dns_domain


def records(field: str) -> Callable[[Line], Iterator[str]]:
    """What the DNS records of a network have in a field; of the record that is named, if one is."""

    def found(line: Line) -> Iterator[str]:
        network = line.known.network(line.said("network") or "")
        for each in network.any.records if network is not None else ():
            kind = str(each.kind)
            value = each.name if field == kind else getattr(each, field, None)
            named = {key: line.said(key) for key in _NAMED_BY if key != field}
            is_it = all(
                said is None or (key == kind and said == each.name) for key, said in named.items()
            )
            if value is not None and is_it and (field not in _NAMED_BY or field == kind):
                yield str(value)

    return found


def kinds(line: Line) -> Iterable[str]:  # noqa: ARG001 - of a line
    """The kinds of JSON documents, and of files."""
    from vnetmgr.cli.commands.spec import HOSTS
    from vnetmgr.render.documents import KINDS

    return (*KINDS, HOSTS)


def commands(line: Line) -> Iterable[str]:  # noqa: ARG001 - of a line
    """The commands."""
    from vnetmgr.cli.catalogue import COMMANDS

    return COMMANDS


def host_names(line: Line) -> list[str]:
    """The hosts of the file that is named, else of the usual one."""
    from vnetmgr.cli.completion.known import host_names as names_in

    return names_in(line.said("hosts_file"))
