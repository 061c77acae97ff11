"""Overlays: whether this host is part of OVN, the nic's logical port is as it has to be and bound
here, and packets get to the other hosts whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, may_be_unread, needed, shell_command
from vnetmgr.doctor.segment import overlay_of
from vnetmgr.model.desired import Desired, NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.overlay.mtu import guest_mtu, tunnel_mtu
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.model.qemu.models import is_virtio
from vnetmgr.planner.overlays.needs import lacks_tcp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.overlay.host import Chassis
    from vnetmgr.model.overlay.northbound import LogicalPort, Northbound
    from vnetmgr.model.overlay.southbound import Binding, SeenChassis, Southbound

_JOIN = Command("join-overlay")


def on_overlay(subject: Subject) -> bool:
    """Whether the nic is on an overlay, or will be at the domain's start."""
    return overlay_of(subject) is not None


def plugged_in(subject: Subject) -> bool:
    """Whether it runs on one, and is known there."""
    return on_overlay(subject) and bool(subject.live and subject.live.interface_id)


def _is_a_chassis(subject: Subject) -> bool:
    chassis = subject.facts.overlays.chassis
    return chassis is None or chassis.has_joined


def _not_joined(subject: Subject) -> Found | None:
    if _is_a_chassis(subject):
        return None
    return Found(
        cause="this host has not joined OVN: its Open vSwitch names no southbound database",
        owner="Open vSwitch",
        remedy=Remedy(command=f"{_JOIN} --southbound tcp:HOST:6642  # OVN's southbound database"),
    )


def _no_switch_bridge(subject: Subject) -> Found | None:
    chassis = _chassis(subject)
    if chassis.userspace is not None or not _is_a_chassis(subject):
        return None
    return Found(
        cause=f"Open vSwitch has no bridge {chassis.integration_bridge}, which OVN switches on",
        owner="Open vSwitch",
        remedy=Remedy(command=str(_JOIN)),
    )


def _chassis(subject: Subject) -> Chassis:
    return needed(subject.facts.overlays.chassis)


def _controller_off(subject: Subject) -> Found | None:
    if subject.facts.overlays.controller is not False:
        return None
    return Found(
        cause="this host's ovn-controller does not run, or is not connected to OVN's southbound "
        "database: what is changed does not reach this host; join-overlay says which of both, and "
        "changes nothing",
        owner="ovn-controller",
        remedy=Remedy(command=str(_JOIN)),
    )


def _unknown_here(subject: Subject) -> Found | None:
    if not _is_a_chassis(subject) or _own(subject) is not None:
        return None
    return Found(
        cause=f"OVN knows no host {_chassis(subject).system_id}, which is this one: its "
        "ovn-controller has never been connected",
        owner="ovn-controller",
        remedy=Remedy(command="systemctl restart ovn-controller"),
    )


def _own(subject: Subject) -> SeenChassis | None:
    return _southbound(subject).named(_chassis(subject).system_id)


def _southbound(subject: Subject) -> Southbound:
    return needed(subject.facts.overlays.southbound)


def _behind(subject: Subject) -> Found | None:
    own, southbound = _own(subject), _southbound(subject)
    if own is None or not southbound.is_behind(own):
        return None
    return Found(
        cause=f"this host has put {own.followed} of {southbound.asked} changes of OVN's into force",
        owner="ovn-controller",
        remedy=Remedy(command="ovn-appctl -t ovn-controller connection-status"),
        status=Status.WARNING,
    )


def _no_overlay(subject: Subject) -> Found | None:
    network, northbound = overlay_of(subject), northbound_of(subject)
    if network is None or northbound.overlay_of(network) is not None:
        return None
    return Found(
        cause=f"OVN has no logical switch {network.name} of fleet {network.fleet}",
        owner=f"OVN's northbound database {northbound.at}",
        remedy=Remedy(command=f"{Command('apply', 'SPEC')}  # all that the switch was stood there"),
    )


def northbound_of(subject: Subject) -> Northbound:
    """What OVN's northbound database has, for a check that needs it."""
    return needed(subject.facts.overlays.northbound)


def _port(subject: Subject) -> LogicalPort | None:
    return None if subject.live is None else northbound_of(subject).port(subject.live.interface_id)


def _no_port(subject: Subject) -> Found | None:
    live = subject.live
    if live is None or _port(subject) is not None:
        return None
    return Found(
        cause=f"OVN has no logical port {live.interface_id}, by which it would know the nic",
        owner=f"OVN's northbound database {northbound_of(subject).at}",
        remedy=_make_port(subject),
    )


def _make_port(subject: Subject) -> Remedy:
    """What makes it, or mends it: said of where it is already."""
    nic, domain = subject.any, subject.domain.name
    source = Source(Mode.NETWORK, subject.network_name)
    words = ("update-nic", domain, nic.key, "--network", source.name or "")
    want = NicWant(domain=domain, nic=nic.key, intent=Intent.UPDATE, patch=NicPatch(source=source))
    return Remedy(command=str(Command(*words)), desired=Desired(nics=(want,)))


def _port_differs(subject: Subject) -> Found | None:
    port, live = _port(subject), subject.live
    if port is None or live is None:
        return None
    owner = f"OVN's northbound database {northbound_of(subject).at}"
    if port.mac is not None and port.mac != live.mac:
        cause = f"its logical port is for MAC {port.mac}, and the guest has {live.mac}"
        return Found(cause=cause, owner=owner, remedy=_make_port(subject))
    if port.flaws:
        cause = f"its logical port is not as vnetmgr writes it: {', '.join(port.flaws)}"
        remedy = _make_port(subject)
        return Found(cause=cause, owner=owner, remedy=remedy, status=Status.WARNING)
    return None


def _shared(subject: Subject) -> Found | None:
    live = subject.live
    others = sorted(
        f"{domain.name}/{nic.key}"
        for domain in subject.facts.domains
        for nic in domain.nics
        if nic is not subject.nic
        and nic.live is not None
        and live is not None
        and nic.live.interface_id == live.interface_id
    )
    if not others or live is None:
        return may_be_unread(subject)
    return Found(
        cause=f"it has the interfaceid of {', '.join(others)}, as a copied domain has: OVN gives "
        "both one port, and one of them gets its packets",
        owner=f"domain {subject.domain.name}",
        remedy=Remedy(
            command=f"{Command('reconcile', 'SPEC')}  # the copy gets its own at its next start"
        ),
    )


def _unbound(subject: Subject) -> Found | None:
    live, own = subject.live, _own(subject)
    if live is None or own is None or _port(subject) is None:
        return None
    binding = _southbound(subject).binding(live.interface_id)
    if binding is not None and own.name in (binding.chassis, *binding.additional):
        return None
    return Found(
        cause=f"its logical port is bound {_where(subject, binding)}, and the guest runs here",
        owner=f"OVN's southbound database {_southbound(subject).at}",
        remedy=Remedy(
            command=shell_command("ovn-sbctl", "find", "Port_Binding")
            + f" logical_port={live.interface_id}"
        ),
    )


def _where(subject: Subject, binding: Binding | None) -> str:
    if binding is None or binding.chassis is None:
        return "on no host"
    found = _southbound(subject).named(binding.chassis)
    return f"on host {binding.chassis if found is None else found.label}"


def _tunnel_broken(subject: Subject) -> Found | None:
    tunnels = {each.remote: each for each in subject.facts.overlays.tunnels or ()}
    wrong = []
    for chassis in _mates(subject):
        remotes = [address for _, address in chassis.encaps]
        found = next((tunnels[each] for each in remotes if each in tunnels), None)
        if found is None:
            wrong.append(f"{chassis.label}: there is none")
        elif found.error is not None or found.alive is False:
            wrong.append(f"{chassis.label}: {found.error or 'BFD: it is down'}")
    if not wrong:
        return None
    return Found(
        cause=f"its packets get to no guest in the tunnel to {'; to '.join(wrong)}",
        owner="Open vSwitch",
        remedy=Remedy(command="ovs-vsctl --columns=name,options,error list Interface"),
    )


def _mates(subject: Subject) -> Iterator[SeenChassis]:
    """The other hosts that have guests on the overlay."""
    network, own = overlay_of(subject), _own(subject)
    if network is None or own is None:
        return
    ports = {each.name for each in northbound_of(subject).ports_of(network.name)}
    bound = {each.chassis for each in _southbound(subject).bindings if each.port in ports}
    for chassis in _southbound(subject).chassis:
        if chassis.name in bound and chassis.name != own.name:
            yield chassis


def _too_large(subject: Subject) -> Found | None:
    network, chassis = overlay_of(subject), _chassis(subject)
    fits = tunnel_mtu(chassis)
    if network is None or fits is None:
        return None
    said = max(subject.any.mtu or 0, guest_mtu(network.mtu, chassis))
    if said <= fits:
        return None
    return Found(
        cause=f"the guest is told an MTU of {said}, and {fits} fits into a tunnel to another host: "
        "larger packets are lost without a word",
        owner=f"the link with {chassis.encap_ip}",
        remedy=Remedy(command=str(Command("update-network", network.name, "--mtu", str(fits)))),
    )


def _no_tcp(subject: Subject) -> Found | None:
    live = subject.live
    reason = None if live is None else lacks_tcp(live, _chassis(subject))
    if reason is None:
        return None
    name, config = subject.domain.name, subject.nic.config
    if config is not None and lacks_tcp(config, _chassis(subject)) is None:
        reason += "; the next cold start brings what it takes"
        command = shell_command("virsh", "shutdown", name)
    else:
        model = () if is_virtio(subject.any.model) else ("--model", "virtio")
        extra = ("--extra", "driver.name=qemu", "--extra", "driver.host.csum=off")
        command = str(Command("update-nic", name, subject.any.key, *model, *extra))
    return Found(cause=reason, owner=f"domain {name}", remedy=Remedy(command=command))


_CHASSIS, _SOUTHBOUND, _NORTHBOUND = (
    "overlays.chassis",
    "overlays.southbound",
    "overlays.northbound",
)


def _row(
    check: str,
    find: Callable[[Subject], Found | None],
    sound: str,
    *needs: str,
    applies: Callable[[Subject], bool] = on_overlay,
    layer: Layer = Layer.OVERLAY,
    status: Status = Status.BROKEN,
) -> Row:
    return Row(check, layer, status, find, sound, needs=needs, applies=applies)


ROWS = (
    _row("overlay-not-joined", _not_joined, "this host is told where OVN is", _CHASSIS),
    _row("overlay-no-bridge", _no_switch_bridge, "OVN's bridge is there", _CHASSIS),
    _row("overlay-host-unknown", _unknown_here, "OVN knows this host", _CHASSIS, _SOUTHBOUND),
    _row(
        "overlay-controller-off",
        _controller_off,
        "ovn-controller is connected",
        "overlays.controller",
    ),
    _row(
        "overlay-host-behind",
        _behind,
        "this host has followed OVN's last change",
        _CHASSIS,
        _SOUTHBOUND,
        status=Status.WARNING,
    ),
    _row("overlay-no-switch", _no_overlay, "its overlay has a logical switch", _NORTHBOUND),
    _row("overlay-no-port", _no_port, "it has a logical port", _NORTHBOUND, applies=plugged_in),
    _row(
        "overlay-port-differs",
        _port_differs,
        "its logical port is for it",
        _NORTHBOUND,
        applies=plugged_in,
    ),
    _row(
        "overlay-port-shared",
        _shared,
        "no other running guest here has its interfaceid",
        applies=plugged_in,
    ),
    _row(
        "overlay-port-unbound",
        _unbound,
        "its logical port is bound here",
        _NORTHBOUND,
        _CHASSIS,
        _SOUTHBOUND,
        applies=plugged_in,
    ),
    _row(
        "overlay-tunnel",
        _tunnel_broken,
        "there are tunnels to the hosts of other guests",
        _NORTHBOUND,
        _CHASSIS,
        _SOUTHBOUND,
        "overlays.tunnels",
        applies=plugged_in,
    ),
    _row("overlay-mtu", _too_large, "its packets fit into tunnels", _CHASSIS, layer=Layer.MTU),
    _row("overlay-checksums", _no_tcp, "TCP has its checksums", _CHASSIS, applies=plugged_in),
)
