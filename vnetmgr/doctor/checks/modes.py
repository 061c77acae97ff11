"""What is so of each kind of source by its nature, and people stumble over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, running
from vnetmgr.doctor.segment import on_open_vswitch, own_network
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.model.sources import SWITCHED

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject


def _is_direct(subject: Subject) -> bool:
    return subject.any.source.mode is Mode.DIRECT


def _macvtap(subject: Subject) -> Found | None:
    """A macvtap's frames leave by the link, which does not hand them up to the host as well
    (drivers/net/macvlan.c)."""
    link = subject.any.source.name or ""
    mode = subject.any.direct_mode or "vepa"
    more = {
        "vepa": ", nor other guests on it unless the switch sends frames back",
        "private": ", nor other guests on it",
    }
    return Found(
        cause=f"the guest is on macvtap at {link}: it does not reach this host{more.get(mode, '')}",
        owner=f"domain {subject.domain.name}: macvtap, mode {mode}",
        remedy=Remedy(
            command=str(Command("attach-nic", subject.domain.name, "--nat", "--name", "host"))
        ),
    )


def _user(subject: Subject) -> Found | None:
    return Found(
        cause="the guest is in user mode: nobody reaches it but by its port forwards, and its "
        "pings need net.ipv4.ping_group_range",
        owner=f"domain {subject.domain.name}: user mode",
    )


def _isolated(subject: Subject) -> Found | None:
    network = own_network(subject)
    if network is None or network.mode is not NetworkMode.ISOLATED:
        return None
    return Found(
        cause=f"network {network.name} is isolated: its guests reach the host and one another, and "
        "nothing else",
        owner=f"libvirt's network {network.name}",
        remedy=Remedy(
            command=str(Command("update-network", network.name, "--mode", "nat"))
            + " --allow restart"
        ),
    )


def _on_own(subject: Subject) -> bool:
    network = own_network(subject)
    return subject.any.source.mode in SWITCHED and network is not None and subject.live is not None


def _unseen(subject: Subject) -> Found | None:
    what = {
        Mode.HOSTDEV: "its packets go by a card of their own, past the host",
        Mode.VHOSTUSER: "its packets go through another program's switch",
        Mode.VDPA: "its packets go by a card's own queues, past the host",
    }
    source = subject.any.source
    why = what.get(
        source.mode, f"what becomes of the packets of a nic of kind {source.mode} is not known"
    )
    if source.mode is Mode.NETWORK:
        why = f"network {source.name} has no bridge: its packets go past the host's"
    if on_open_vswitch(subject):
        why = f"the flows of Open vSwitch's bridge {subject.bridge_name} are not evaluated"
    return Found(cause=why, owner=None)


def _is_beyond(subject: Subject) -> bool:
    known = {*SWITCHED, Mode.USER, Mode.DIRECT, Mode.NULL}
    if subject.any.source.mode not in known or on_open_vswitch(subject):
        return running(subject)
    network = subject.network  # of macvtaps that libvirt chooses the links of
    return running(subject) and network is not None and subject.bridge_name is None


ROWS = (
    Row(
        "path-not-visible",
        Layer.BRIDGE,
        Status.NOT_CHECKED,
        _unseen,
        "the host sees its packets",
        applies=_is_beyond,
    ),
)

LATER_ROWS = (
    Row(
        "macvtap-no-host",
        Layer.UPLINK,
        Status.INFO,
        _macvtap,
        "it reaches the host",
        applies=_is_direct,
    ),
    Row(
        "user-mode",
        Layer.NAT,
        Status.INFO,
        _user,
        "it can be reached",
        applies=lambda subject: subject.any.source.mode is Mode.USER,
    ),
    Row(
        "network-isolated",
        Layer.NETWORK,
        Status.INFO,
        _isolated,
        "its network leads out",
        applies=_on_own,
    ),
)
