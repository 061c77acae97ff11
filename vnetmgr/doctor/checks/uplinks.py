"""How frames leave the host: cards, bonds, VLANs, links to other bridges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, running, shell_command
from vnetmgr.doctor.places import seen_from
from vnetmgr.doctor.remedies import switch_on
from vnetmgr.doctor.segment import (
    agent_addresses,
    is_plugged,
    outward,
    outward_by,
    own_network,
    uplinks,
)
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.path.links import LinkFacts

# Drivers of cards that a hypervisor gives its guests. Those let out the MACs alone that they have
# given, unless they are told: "promiscuous mode", "forged transmits", "MAC spoofing".
_NESTED = {
    "virtio_net": "the hypervisor that runs this host",
    "hv_netvsc": "Hyper-V",
    "vmxnet3": "VMware",
    "xen_netfront": "Xen",
    "vif": "Xen",
    "ena": "Amazon EC2",
    "gve": "Google Cloud",
}


def _leaves_by_links(subject: Subject) -> bool:
    """Whether the guest's own frames leave by links of the host: not those that the host routes."""
    if subject.live is None or own_network(subject) is not None:
        return False
    return is_plugged(subject) or subject.live.source.mode is Mode.DIRECT


def _no_parent(subject: Subject) -> Found | None:
    if outward(subject) or subject.live is None:
        return None
    name = subject.live.source.name
    return Found(
        cause=f"the link {name} that it stands on is not there",
        owner="the host's network configuration",
    )


def _down(subject: Subject) -> Found | None:
    down = [each for each in outward(subject) if not each.up]
    if not down or _is_beside_others(subject, down):
        return None
    link = down[0]
    return Found(
        cause=f"{_what(subject, link)} is down",
        owner=f"link {link.name}",
        remedy=switch_on(link.name),
        status=_weight(subject, down),
    )


def _carrier(subject: Subject) -> Found | None:
    dark = [each for each in outward(subject) if each.up and not each.carrier and not each.bridge]
    if not dark or _is_beside_others(subject, dark):
        return None
    # Where a VLAN or a bond has none, what is below it says why.
    link = dark[-1]
    return Found(
        cause=f"{_what(subject, link)} has no carrier: no cable, or the other end is off",
        owner=f"link {link.name}",
        remedy=Remedy(command=shell_command("ethtool", link.name)),
        status=_weight(subject, dark),
    )


def _blocked(subject: Subject) -> Found | None:
    """One that spanning tree holds back beside another that forwards is how it is meant."""
    ways = [each for each in uplinks(subject) if each.up and each.carrier and each.port is not None]
    held = [each for each in ways if each.port and each.port.state != "forwarding"]
    bridge = subject.bridge
    if not held or len(held) < len(ways) or (bridge is not None and not bridge.up):
        return None
    link, state = held[0], held[0].port.state if held[0].port else ""
    waits = state in ("listening", "learning")
    return Found(
        cause=f"the uplink {link.name} is {state}{' yet' * waits} on {subject.bridge_name}: no "
        "frame passes by it",
        owner=f"bridge {subject.bridge_name}: spanning tree",
        remedy=None
        if waits
        else Remedy(command=shell_command("bridge", "link", "set", "dev", link.name, "state", "3")),
        status=Status.WARNING if waits else None,
    )


def _what(subject: Subject, link: LinkFacts) -> str:
    ways = uplinks(subject)
    on = f" of {subject.bridge_name}" if subject.bridge_name and ways else ""
    return f"the uplink {link.name}{on}"


def _is_beside_others(subject: Subject, bad: list[LinkFacts]) -> bool:
    """Whether all of them are cards of bonds that have others: those have a row of their own."""
    bonds = {each.name: each for each in outward(subject) if each.kind == "bond"}
    return all(each.master in bonds and bonds[each.master].carrier for each in bad)


def _weight(subject: Subject, bad: list[LinkFacts]) -> Status | None:
    """A bridge with another uplink that works goes on by that one."""
    names = {each.name for each in bad}
    ways = [{each.name for each in outward_by(subject, way)} for way in uplinks(subject)]
    return Status.WARNING if any(names.isdisjoint(way) for way in ways) else None


def _bond(subject: Subject) -> Found | None:
    for bond in (each for each in outward(subject) if each.kind == "bond"):
        members = subject.facts.ports(bond.name)
        lost = sorted(each.name for each in members if not (each.up and each.carrier))
        if lost and bond.carrier:
            return Found(
                cause=f"bond {bond.name} has lost {', '.join(lost)}",
                owner=f"bond {bond.name}",
                remedy=Remedy(command=shell_command("cat", f"/proc/net/bonding/{bond.name}")),
            )
        if bond.bond_mode == "balance-alb":
            return Found(
                cause=f"bond {bond.name} is in mode balance-alb, which answers ARP with its cards' "
                "MACs: guests behind a bridge are not found",
                owner=f"bond {bond.name}",
                remedy=Remedy(
                    command=shell_command("ip", "link", "set", bond.name, "type", "bond")
                    + " mode active-backup  # with the bond down"
                ),
            )
    return None


def _has_bond(subject: Subject) -> bool:
    return _leaves_by_links(subject) and any(each.kind == "bond" for each in outward(subject))


def _address(subject: Subject) -> Found | None:
    for link in uplinks(subject):
        left = [each for each in link.addresses if each.scope == "global"]
        if left and link.kind != "veth":
            address = f"{left[0].address}/{left[0].prefix}"
            remove = shell_command("ip", "address", "del", address, "dev", link.name)
            add = shell_command("ip", "address", "add", address, "dev", subject.bridge_name or "")
            return Found(
                cause=f"the host's address {address} is on {link.name}, a port of "
                f"{subject.bridge_name}: the host does not hear answers to it",
                owner="the host's network configuration",
                remedy=Remedy(command=f"{remove} && {add}"),
            )
    return None


def _foreign_mac(subject: Subject) -> Found | None:
    probe = seen_from(subject)
    if probe is not None and (probe.offers or any(each.macs for each in probe.arp)):
        return None  # a MAC that is no card's has got through
    links = outward(subject)
    wireless = next((each for each in links if each.wireless), None)
    if wireless is not None:
        return _refused(
            subject,
            wireless,
            f"{wireless.name} is a Wi-Fi link, and access points take no MAC but its own",
            "the access point",
            certain=not _has_address(subject),
        )
    nested = next((each for each in links if each.driver in _NESTED), None)
    if nested is None or _has_address(subject):
        return None
    whose = _NESTED[nested.driver or ""]
    return _refused(
        subject,
        nested,
        f"{nested.name} is a virtual card: unless it is told to, {whose} takes no MAC but its own",
        whose,
        certain=_gets_nothing(subject),
    )


def _refused(subject: Subject, link: LinkFacts, cause: str, whose: str, *, certain: bool) -> Found:
    """A link that takes one MAC alone; where nothing says that this has hit the guest, it is how
    such links are."""
    return Found(
        cause=f"{cause}: the guest gets no frame by it" if certain else cause,
        owner=f"link {link.name}: {whose}",
        remedy=_behind_nat(subject) if certain else None,
        status=None if certain else Status.INFO,
    )


def _has_address(subject: Subject) -> bool:
    """Whether the guest has an address; somebody beyond may have given it."""
    return any(not each.is_link_local for each in agent_addresses(subject))


def _gets_nothing(subject: Subject) -> bool:
    """Whether somebody has asked and got no answer: a probe, or a guest that gave up on DHCP."""
    probe = seen_from(subject)
    if probe is not None and probe.problem is None:
        return True
    told = agent_addresses(subject)
    return bool(told) and all(each.is_link_local for each in told)


def _behind_nat(subject: Subject) -> Remedy:
    words = ("update-nic", subject.domain.name, subject.nic.key, "--nat")
    return Remedy(command=str(Command(*words)))


ROWS = (
    Row(
        "direct-link-missing",
        Layer.UPLINK,
        Status.BROKEN,
        _no_parent,
        "the link that it stands on is there",
        needs=("links",),
        applies=lambda subject: running(subject) and subject.any.source.mode is Mode.DIRECT,
    ),
    Row(
        "uplink-down",
        Layer.UPLINK,
        Status.BROKEN,
        _down,
        "what its frames leave by is up",
        needs=("links",),
        applies=_leaves_by_links,
    ),
    Row(
        "uplink-no-carrier",
        Layer.UPLINK,
        Status.BROKEN,
        _carrier,
        "what its frames leave by has a carrier",
        needs=("links",),
        applies=_leaves_by_links,
    ),
    Row(
        "uplink-blocked",
        Layer.UPLINK,
        Status.BROKEN,
        _blocked,
        "its bridge forwards by an uplink",
        needs=("links",),
        applies=lambda subject: _leaves_by_links(subject) and is_plugged(subject),
    ),
    Row(
        "bond-degraded",
        Layer.UPLINK,
        Status.WARNING,
        _bond,
        "its bond has all its cards",
        needs=("links",),
        applies=_has_bond,
    ),
    Row(
        "uplink-foreign-mac",
        Layer.UPLINK,
        Status.BROKEN,
        _foreign_mac,
        "nothing on the way is known to refuse its MAC",
        needs=("links",),
        applies=_leaves_by_links,
    ),
    Row(
        "uplink-has-address",
        Layer.UPLINK,
        Status.WARNING,
        _address,
        "no address of the host's is left on its uplink",
        needs=("links",),
        applies=lambda subject: _leaves_by_links(subject) and is_plugged(subject),
    ),
)
