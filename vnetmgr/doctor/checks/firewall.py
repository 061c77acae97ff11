"""The host's loaded rules, of every family: a row for each packet that counts, there and back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.command import Command
from vnetmgr.doctor import crossing
from vnetmgr.doctor.check import Found, Remedy, Row
from vnetmgr.doctor.checks.forwards import forwards_of
from vnetmgr.doctor.checks.routing import is_routed
from vnetmgr.doctor.crossing import ABROAD, Crossing, Way, way_of
from vnetmgr.doctor.remedies import remake_rules
from vnetmgr.doctor.routes import leaves_by
from vnetmgr.doctor.segment import addresses, is_plugged, own_network, uplinks
from vnetmgr.doctor.unblock import before_nat, drops_text, owner_text, remedy, translate_before
from vnetmgr.model.desired import Desired
from vnetmgr.model.forward import Forward, ForwardWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.addressing import nth_address
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.model.record import replace
from vnetmgr.packets import Verdict, usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpAddress

    Crossings: TypeAlias = Callable[[Subject, Way], Iterator[Crossing]]

_NEEDS = ("rulesets.nft", "rulesets.iptables_legacy", "rulesets.ip6tables_legacy", "links")


def _meets_rules(subject: Subject) -> bool:
    """Whether the host has a say on its packets, and there is somebody for it to meet."""
    if not is_plugged(subject):
        return False
    return own_network(subject) is not None or subject.facts.links is None or bool(uplinks(subject))


def _asks_dhcp(subject: Subject) -> bool:
    network = own_network(subject)
    return _meets_rules(subject) and (
        network is None or any(each.start.version == 4 for each in network.dhcp_ranges)
    )


def _has_ipv4(subject: Subject) -> bool:
    network = own_network(subject)
    return _meets_rules(subject) and (
        network is None or any(each.version == 4 for each in network.subnets)
    )


def _asks_dns(subject: Subject) -> bool:
    network = own_network(subject)
    return _has_ipv4(subject) and (network is None or network.dns is not False)


def _has_ipv6(subject: Subject) -> bool:
    """A LAN may have it: only where it is known to is it of weight."""
    network = own_network(subject)
    if network is None:
        return _meets_rules(subject) and any(each.version == 6 for each in addresses(subject))
    return _meets_rules(subject) and any(each.version == 6 for each in network.subnets)


def _goes_abroad(subject: Subject, version: int) -> bool:
    """Through the host where a network of libvirt's leads there, past it on a LAN."""
    has = _has_ipv6(subject) if version == 6 else _has_ipv4(subject)
    return has and (own_network(subject) is None or is_routed(subject))


def _through(packets: Crossings, subject: Subject) -> Found | None:
    """What stops the first of these packets that does not pass."""
    way = way_of(subject)
    if way is None:
        return Found(cause="the loaded rules were not seen whole", status=Status.NOT_CHECKED)
    for each in packets(subject, way):
        found = _stopped(each, subject)
        if found is not None:
            return found
    return None


def _stopped(each: Crossing, subject: Subject) -> Found | None:
    outcome = each.outcome
    if outcome.passes:
        return None
    by = outcome.decided_by
    if outcome.verdict is Verdict.UNKNOWN or by is None:
        what = ", ".join(outcome.unknown) or "the rules"
        return Found(
            cause=f"it cannot be told whether {each.what} passes: {what}",
            status=Status.NOT_CHECKED,
        )
    return Found(
        cause=drops_text(by, f"{each.what}{_by_way_of(each, by.family)}"),
        owner=owner_text(by),
        remedy=remedy(by, each.packet, subject),
    )


def _by_way_of(each: Crossing, family: str) -> str:
    """Why rules of IP see a packet that is only bridged."""
    packet = each.packet
    bridged = packet.in_port and packet.out_port and packet.in_link == packet.out_link
    if not bridged or family in ("bridge", "netdev", "arp"):
        return ""
    return f" on bridge {packet.in_link} (br_netfilter is on)"


def _egress(subject: Subject, version: int) -> str | Found:
    """The link by which the host's packets abroad leave."""
    leaves = leaves_by(subject.facts, ABROAD[version])
    if leaves:
        return leaves
    cause = (
        "by which link the host would send abroad cannot be told"
        if leaves is None
        else "the host has no route abroad, so that no rule is asked"
    )
    return Found(cause=cause, status=Status.NOT_CHECKED)


def _https(version: int, subject: Subject) -> Found | None:
    if own_network(subject) is not None:
        leaves = _egress(subject, version)
        if isinstance(leaves, Found):
            return leaves
    return _through(partial(crossing.https, version=version), subject)


def _nat(subject: Subject) -> Found | None:
    """Whether what leaves has the host's address, which answers come back to."""
    network, way = own_network(subject), way_of(subject)
    target = crossing.somewhere_else(subject)
    if way is None or network is None or target is None:
        cause = "the host has no route to anywhere that a packet could be followed to"
        return Found(cause=cause, status=Status.NOT_CHECKED)
    first = crossing.to_somewhere_else(subject, way, *target)
    outcome = first.outcome
    if not outcome.passes or outcome.others:
        return Found(
            cause=f"{first.what} does not get so far, or it cannot be told",
            status=Status.NOT_CHECKED,
        )
    if outcome.packet.snat or outcome.packet.source != first.packet.source:
        return None
    by, source = before_nat(outcome), first.packet.source
    subnet = next((each for each in network.subnets if source is not None and source in each), None)
    if by is not None and subnet is not None:
        return Found(
            cause=f"packets of network {network.name} leave by {target[1]} untranslated, and no "
            f"answer finds its way back: {by.place}, lets them go before any rule masquerades "
            f"them: {by.rule}",
            owner=owner_text(by),
            remedy=translate_before(by, subnet, target[1]),
        )
    return Found(
        cause=f"packets of network {network.name} leave by {target[1]} untranslated: no rule "
        "masquerades them, and no answer finds its way back",
        owner=f"libvirt's network {network.name}",
        remedy=remake_rules(network.name, subject.facts),
    )


def _kernel_forwards(subject: Subject) -> list[Forward]:
    return forwards_of(subject) if _meets_rules(subject) and own_network(subject) else []


def _forwards(subject: Subject) -> Found | None:
    way = way_of(subject)
    if way is None:
        return Found(cause="the loaded rules were not seen whole", status=Status.NOT_CHECKED)
    unknown: Found | None = None
    for each in _kernel_forwards(subject):
        found = _forward(each, way, subject)
        if found is not None and found.status is not Status.NOT_CHECKED:
            return found
        unknown = unknown or found
    return unknown


def _forward(forward: Forward, way: Way, subject: Subject) -> Found | None:
    """A connection from outside to the host's port."""
    version = forward.versions[0] if forward.versions else 4
    where = _listening(forward, version, subject)
    if where is None:
        return Found(
            cause=f"forward {forward.text}: by which link connections to it come cannot be told",
            status=Status.NOT_CHECKED,
        )
    link, address = where
    allowed = [each for each in forward.allow_from if each.version == version]
    source = nth_address(allowed[0], 1) if allowed else None
    packet = replace(
        usual.tcp(source or ABROAD[version], address, forward.host_port),
        protocol=str(forward.protocol),
    )
    crossings = list(way.from_abroad(f"a connection to forward {forward.text}", packet, link))
    first = crossings[0].outcome
    if first.passes and not first.packet.dnat and not first.others:
        words = ("add-forward", subject.domain.name, forward.text)
        want = ForwardWant(domain=subject.domain.name, intent=Intent.CREATE, forward=forward)
        return Found(
            cause=f"the kernel has no rule for forward {forward.text}",
            owner=f"domain {subject.domain.name}: port forwards",
            remedy=Remedy(command=str(Command(*words)), desired=Desired(forwards=(want,))),
        )
    return next((found for each in crossings if (found := _stopped(each, subject))), None)


def _listening(forward: Forward, version: int, subject: Subject) -> tuple[str, IpAddress] | None:
    """A link by which connections come, and the host's address there that the forward is on."""
    listen = forward.listen_alone
    leaves = leaves_by(subject.facts, ABROAD[version])
    for link in subject.facts.links or ():
        if link.name in (subject.bridge_name, "lo"):
            continue
        for each in link.addresses:
            fits = each.address == listen if listen else each.scope == "global"
            if each.address.version == version and fits and (listen or link.name == leaves):
                return link.name, each.address
    return None


ROWS = (
    Row(
        "firewall-dhcp",
        Layer.FIREWALL,
        Status.BROKEN,
        partial(_through, crossing.dhcp),
        "no rule stops DHCP",
        needs=_NEEDS,
        applies=_asks_dhcp,
    ),
    Row(
        "firewall-arp",
        Layer.FIREWALL,
        Status.BROKEN,
        partial(_through, crossing.arp),
        "no rule stops ARP",
        needs=_NEEDS,
        applies=_has_ipv4,
    ),
    Row(
        "firewall-dns",
        Layer.FIREWALL,
        Status.BROKEN,
        partial(_through, crossing.dns),
        "no rule stops DNS",
        needs=_NEEDS,
        applies=_asks_dns,
    ),
    Row(
        "firewall-https",
        Layer.FIREWALL,
        Status.BROKEN,
        partial(_https, 4),
        "no rule stops a connection to port 443 abroad",
        needs=(*_NEEDS, "routes"),
        applies=partial(_goes_abroad, version=4),
    ),
    Row(
        "firewall-ping",
        Layer.FIREWALL,
        Status.WARNING,
        partial(_through, crossing.ping),
        "no rule stops a ping of the gateway",
        needs=_NEEDS,
        applies=_has_ipv4,
    ),
    Row(
        "nat-missing",
        Layer.NAT,
        Status.BROKEN,
        _nat,
        "its address is translated",
        needs=(*_NEEDS, "routes"),
        applies=lambda subject: (
            _goes_abroad(subject, 4)
            and (network := own_network(subject)) is not None
            and network.mode.kind.translated
        ),
    ),
    Row(
        "firewall-ipv6",
        Layer.FIREWALL,
        Status.BROKEN,
        partial(_through, crossing.ipv6),
        "no rule stops IPv6's router and neighbour discovery",
        needs=_NEEDS,
        applies=_has_ipv6,
    ),
    Row(
        "firewall-https-ipv6",
        Layer.FIREWALL,
        Status.BROKEN,
        partial(_https, 6),
        "no rule stops a connection to port 443 over IPv6",
        needs=(*_NEEDS, "routes"),
        applies=partial(_goes_abroad, version=6),
    ),
    Row(
        "firewall-forward",
        Layer.FORWARD,
        Status.BROKEN,
        _forwards,
        "connections to its port forwards get to it",
        needs=(*_NEEDS, "routes"),
        applies=lambda subject: bool(_kernel_forwards(subject)),
    ),
)
