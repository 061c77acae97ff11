"""What a probe saw in the nic's place: who serves DHCP, who else has the guest's address, how far
packets get. Where it gets everywhere and the guest nowhere, it is the guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, running, shell_command
from vnetmgr.doctor.places import known_addresses, place_of, seen_from
from vnetmgr.doctor.remedies import restart
from vnetmgr.doctor.segment import on_open_vswitch, own_network
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.model.path.probe import Outcome, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.doctor.check import Subject, Test
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.path.probe import DhcpOffer, ProbeFacts
    from vnetmgr.model.values import Mac

_MOST_NAMED = 3
_LOST = frozenset({Outcome.SILENT, Outcome.UNREACHABLE})


def _on_bridge(subject: Subject) -> bool:
    return running(subject) and subject.bridge_name is not None


def _of_probe(test: Callable[[Subject, ProbeFacts], Found | None]) -> Test:
    """The test of what a probe saw; without one, why there was none."""

    def judge(subject: Subject) -> Found | None:
        seen = seen_from(subject)
        if seen is None:
            return Found(cause=_why_none(subject), status=Status.NOT_CHECKED)
        if seen.problem is not None:
            return Found(cause=f"there was no probe: {seen.problem}", status=Status.NOT_CHECKED)
        return test(subject, seen)

    return judge


def _why_none(subject: Subject) -> str:
    if place_of(subject):
        return "no probe stood where the nic is"
    if on_open_vswitch(subject):
        return "a probe cannot stand on Open vSwitch, which would keep its port"
    return "a probe cannot stand where the nic is: its tap is on no bridge"


def _duplicate(subject: Subject, seen: ProbeFacts) -> Found | None:
    """Of an address that the guest is known by, and of any that it answers for."""
    mac, known = subject.any.mac, known_addresses(subject)
    guests = [each for each in seen.arp if each.address in known or mac in each.macs]
    if not guests:
        return Found(cause="no address of the guest is known", status=Status.NOT_CHECKED)
    for answer in guests:
        others = [each for each in answer.macs if each != mac]
        if others:
            return Found(
                cause=f"{answer.address}, the guest's address, is also that of "
                f"{_listed(others)} on {seen.place.bridge}",
                owner=f"whoever has MAC {others[0]}",
                remedy=_who_is(others[0], seen),
            )
    return None


def _one_server(_: Subject, seen: ProbeFacts) -> Found | None:
    servers = _servers(seen.offers)
    if len(servers) < 2:
        return None
    agree = len({(each.routers, each.dns, each.prefix) for each in servers}) == 1
    said = _listed([f"{each.server} ({each.mac}, offers {each.address})" for each in servers])
    return Found(
        cause=f"{len(servers)} DHCP servers answer on {seen.place.bridge}: {said}"
        f"{'; they agree on gateway and DNS' if agree else ''}",
        owner=f"whoever has MAC {servers[-1].mac}",
        remedy=_who_is(servers[-1].mac, seen),
        status=Status.WARNING if agree else None,
    )


def _listed(names: Sequence[str]) -> str:
    """The first few: anybody can be many."""
    more = len(names) - _MOST_NAMED
    return " and ".join((*names[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])))


def _servers(offers: tuple[DhcpOffer, ...]) -> list[DhcpOffer]:
    """One offer of each. One server that two relays pass on offers the same address twice."""
    found: list[DhcpOffer] = []
    for offer in sorted(offers, key=lambda each: (str(each.server), each.mac)):
        if not any((offer.server, offer.address) == (each.server, each.address) for each in found):
            found.append(offer)
    return found


def _a_server(subject: Subject, seen: ProbeFacts) -> Found | None:
    if seen.offers:
        return None
    network = own_network(subject)
    bridge = seen.place.bridge
    if network is not None and not network.dhcp_ranges:
        return Found(cause=f"network {network.name} has no DHCP", status=Status.INFO)
    mac = subject.any.mac
    answered = [each.address for each in seen.arp if mac in each.macs]
    known = [*known_addresses(subject), *answered]
    if known and network is None:  # it may be static: nothing tells
        return Found(
            cause=f"no DHCP server answers on {bridge}; the guest has {known[0]} all the same",
            status=Status.WARNING,
        )
    listen = shell_command("tcpdump", "-eni", bridge, "port 67 or port 68")
    return Found(
        cause=f"no DHCP server answers on {bridge}",
        owner=f"the network behind {bridge}" if network is None else f"network {network.name}",
        remedy=Remedy(command=listen if network is None else restart(network.name).command),
    )


def _gateway(_: Subject, seen: ProbeFacts) -> Found | None:
    if not seen.offers:
        return _without_address(seen)
    routers = seen.offers[0].routers
    if not routers:
        return Found(cause="DHCP names no gateway", status=Status.INFO)
    if not seen.macs_of(routers[0]):
        return Found(
            cause=f"nobody has {routers[0]}, which DHCP names as the gateway",
            owner=f"the DHCP server {seen.offers[0].server} ({seen.offers[0].mac})",
            remedy=_ask(routers[0], seen),
        )
    pings = [each for each in seen.attempts if each.step is Step.PING]
    if not pings:
        return _without_address(seen)
    if pings[0].outcome in _LOST:
        return Found(
            cause=f"the gateway {pings[0].target} is there, and answers no ping",
            owner=f"the gateway {pings[0].target}",
            remedy=_ask(pings[0].target, seen),
            status=Status.WARNING,
        )
    return None


def _names(subject: Subject, seen: ProbeFacts) -> Found | None:
    if not seen.sender:
        return _without_address(seen)
    asked = [each for each in seen.attempts if each.step is Step.DNS]
    if not asked:
        network = own_network(subject)
        off = network is not None and network.dns is False
        why = ": its network's DNS is off" if off else ""
        return Found(cause=f"DHCP names no DNS server{why}", status=Status.INFO)
    answers = (Outcome.ANSWERED, Outcome.PARTLY)
    silent = [str(each.target) for each in asked if each.outcome not in answers]
    if not silent:
        partly = [str(each.target) for each in asked if each.outcome is Outcome.PARTLY]
        said = "the DNS server at {} is there, and those whom it asks in turn are silent"
        return Found(cause=said.format(partly[0]), status=Status.INFO) if partly else None
    status = None if len(silent) == len(asked) else Status.WARNING
    return Found(
        cause=f"no DNS server answers at {' and '.join(silent)}",
        owner=f"the DNS server {silent[0]}",
        remedy=_trace(subject, f"{silent[0]}:53/udp" if ":" not in silent[0] else silent[0]),
        status=status,
    )


def _outside(subject: Subject, seen: ProbeFacts) -> Found | None:
    if not seen.sender:
        return _without_address(seen)
    made = [each for each in seen.attempts if each.step is Step.TCP]
    if not seen.offers[0].routers:
        return Found(cause="DHCP names no gateway: it leads nowhere else", status=Status.INFO)
    if not made:
        return Found(cause="DNS has told no address to connect to", status=Status.NOT_CHECKED)
    lost = [each for each in made if each.outcome in _LOST]
    if not lost:
        return None
    return Found(
        cause=f"no connection to port {lost[0].port} of {lost[0].target} comes about",
        owner=f"the network behind {seen.place.bridge}",
        remedy=_trace(subject, f"{lost[0].target}:{lost[0].port}"),
    )


def _guest_itself(subject: Subject, seen: ProbeFacts) -> Found | None:
    """Only what shows that the guest is not there: who answers ARP is."""
    known = known_addresses(subject)
    works = any(each.outcome is Outcome.ANSWERED for each in seen.attempts)
    if not works:
        return Found(cause="the probe did not get anywhere either", status=Status.NOT_CHECKED)
    silent = [each for each in known if seen.macs_of(each) == ()]
    if silent and len(silent) == len(known):
        return Found(
            cause=f"the network works for a probe in the guest's place, and nobody answers for "
            f"{silent[0]}, the guest's address: it is the guest",
            owner=f"the guest of domain {subject.domain.name}",
        )
    if not known and subject.nic.tx_packets == 0:
        return Found(
            cause="the network works for a probe in the guest's place, and the guest has not sent "
            "a single frame: it is the guest",
            owner=f"the guest of domain {subject.domain.name}",
        )
    if not known and not any(subject.any.mac in each.macs for each in seen.arp):
        return Found(cause="no address of the guest is known", status=Status.NOT_CHECKED)
    return None


def _who_is(mac: Mac, seen: ProbeFacts) -> Remedy:
    """What tells behind which port somebody is."""
    table = shell_command("bridge", "fdb", "show", "br", seen.place.bridge)
    return Remedy(command=f"{table} | {shell_command('grep', mac)}")


def _ask(address: IpAddress, seen: ProbeFacts) -> Remedy:
    return Remedy(command=shell_command("arping", "-I", seen.place.bridge, str(address)))


def _trace(subject: Subject, target: str) -> Remedy:
    """What follows the guest's packets there through the host."""
    nic = f"{subject.domain.name}/{subject.nic.key}"
    return Remedy(command=str(Command("trace", nic, target)))


def _without_address(seen: ProbeFacts) -> Found:
    return Found(cause=f"the probe had no address: {seen.no_sender}", status=Status.NOT_CHECKED)


def _row(
    id_: str,
    layer: Layer,
    severity: Status,
    test: Callable[[Subject, ProbeFacts], Found | None],
    good: str,
) -> Row:
    needs = ("links", "probes")
    return Row(id_, layer, severity, _of_probe(test), good, needs=needs, applies=_on_bridge)


ROWS = (
    _row(
        "duplicate-address",
        Layer.ADDRESS,
        Status.BROKEN,
        _duplicate,
        "nobody else has the guest's address",
    ),
    _row(
        "several-dhcp-servers",
        Layer.DHCP,
        Status.BROKEN,
        _one_server,
        "no second DHCP server answers",
    ),
    _row("no-dhcp-server", Layer.DHCP, Status.BROKEN, _a_server, "a DHCP server answers"),
    _row("gateway-silent", Layer.ROUTE, Status.BROKEN, _gateway, "the gateway answers"),
    _row("dns-silent", Layer.DNS, Status.BROKEN, _names, "the DNS servers answer"),
    _row("no-way-out", Layer.ROUTE, Status.WARNING, _outside, "connections come about"),
    _row(
        "guest-itself",
        Layer.GUEST,
        Status.BROKEN,
        _guest_itself,
        "the guest answers where a probe does",
    ),
)
