"""What is in the way of a machine that is to be a chassis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError, UsageError
from vnetmgr.model.names import joined
from vnetmgr.model.overlay.joining import DATAPATH_TYPES
from vnetmgr.model.overlay.options import parse_southbound
from vnetmgr.model.overlay.southbound import removal
from vnetmgr.printable import shell_word
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.overlay.joining import ChassisWant, Joining
    from vnetmgr.model.overlay.southbound import SeenChassis, Southbound


def check(want: ChassisWant, here: Joining) -> list[str]:
    """What to say of a want with nothing left open. Raises RefusedError for what cannot work, or
    would take from somebody what is theirs."""
    _check_name(want, here)
    _check_address(want, here)
    _check_bridges(want, here)
    known = here.southbound
    if known is None:
        if isinstance(here.southbound_unseen, RefusedError):
            raise here.southbound_unseen
        return [f"{here.why_unseen}: whether another host has this name or address is not checked"]
    same = known.named(want.system_id or "")
    if same is not None and not _is_this(same, here):
        raise _taken_name(same, known.at)
    _check_ends(want, known)
    return list(_notes(known.chassis, want))


def check_southbound(want: ChassisWant, here: Joining) -> None:
    """Refuse where the database is to be, where it cannot be that: ovn-controller would look for it
    for ever. What is set already stays. Raises UsageError, RefusedError."""
    at = here.at(want)
    if at is None or at == here.chassis.southbound:
        return
    try:
        parse_southbound(at)
    except ValueError as error:  # that of the option is read already
        raise UsageError(
            f"OVN_SB_DB: {error}",
            "set it so, or say it: --southbound tcp:HOST:6642",
            about=About("command", field="southbound"),
        ) from None
    if here.lost_hosts:
        names = joined(here.lost_hosts)
        raise _refuse(
            "southbound",
            f"OVN's southbound database is not at {at}: this host finds no address of {names}",
            f"is it written right? `getent hosts {shell_word(here.lost_hosts[0])}` asks /etc/hosts "
            "and DNS; an address does, too: --southbound tcp:10.0.0.1:6642",
        )


def _refuse(field: str, text: str, hint: str) -> RefusedError:
    return RefusedError(text, hint, about=About("command", field=field))


def _check_name(want: ChassisWant, here: Joining) -> None:
    now = here.chassis.system_id
    if here.override is not None and want.system_id != here.override:
        raise _refuse(
            "system_id",
            f"OVN's file system-id-override calls this host {here.override}",
            "leave --system-id out, or change or remove /etc/system-id-override",
        )
    if here.controller and now and want.system_id != now:
        raise _refuse(
            "system_id",
            f"this host is the chassis {now} already, and guests' ports are bound to that name",
            "end that first: systemctl stop ovn-controller takes the chassis away; then run this "
            "again, and systemctl start ovn-controller",
        )


def _check_address(want: ChassisWant, here: Joining) -> None:
    """Of several that somebody has set nothing is known."""
    address = want.encap_ip
    if address is None:
        return
    found = next((each for each in here.addresses if each.address == address), None)
    usable = ", ".join(str(each.address) for each in here.addresses if each.is_global)
    hint = f"--encap-ip with one of: {usable or 'none, it has none yet'}"
    if address.is_loopback:
        text = f"{address} is no address that another host reaches"
        raise _refuse("encap_ip", text, hint)
    if found is None:
        raise _refuse("encap_ip", f"this host does not have the address {address}", hint)
    if not found.is_global:
        text = f"{address} on {found.link} means nothing beyond its link"
        raise _refuse("encap_ip", text, hint)


def _check_bridges(want: ChassisWant, here: Joining) -> None:
    name = here.chassis.integration_bridge
    if here.taken:
        raise _refuse(
            "datapath",
            f"{name} is a link of this host, and no bridge of Open vSwitch",
            f"remove it, or give it another name: ip link delete {shell_word(name)}",
        )
    bridge = here.bridges.get(name)
    if bridge is not None and bridge.guests and _changes_datapath(want, bridge.datapath_type):
        raise _refuse(
            "datapath",
            f"{name} has ports that would lose their network: {', '.join(bridge.guests[:8])}",
            "stop these guests first, or migrate them",
        )
    for network, other in want.bridge_mappings:
        if other is None:
            continue
        if other == name:
            text = f"{name} is where the guests are, and leads to no physical network"
            hint = "name a bridge with a card of the host's"
            raise _refuse("bridge_mapping", text, hint)
        if other not in here.bridges:
            known = ", ".join(sorted(here.bridges.keys() - {name}))
            hint = f"there are: {known}; " if known else ""
            make = f"ovs-vsctl add-br {shell_word(other)}"
            text = f"physical network {network}: Open vSwitch has no bridge {other}"
            raise _refuse("bridge_mapping", text, f"{hint}make it first: {make}")


def _changes_datapath(want: ChassisWant, now: str) -> bool:
    userspace = DATAPATH_TYPES["userspace"]
    return (now == userspace) != (want.datapath == "userspace")


def _taken_name(other: SeenChassis, at: str) -> RefusedError:
    where = ", ".join(dict.fromkeys(address for _, address in other.encaps)) or "no address"
    return _refuse(
        "system_id",
        f"chassis {other.name} is another host: {other.hostname} ({where})",
        f"--system-id NAME gives this one a name of its own; {_if_gone(other, at)}",
    )


def _check_ends(want: ChassisWant, known: Southbound) -> None:
    for other in known.chassis:
        addresses = [address for _, address in other.encaps]
        if other.name != want.system_id and str(want.encap_ip) in addresses:
            raise _refuse(
                "encap_ip",
                f"chassis {other.name} of {other.hostname} has the address {want.encap_ip}",
                f"two cannot have one; {_if_gone(other, known.at)}",
            )


def _if_gone(other: SeenChassis, at: str) -> str:
    """ovn-controller does not take its own away when it is killed."""
    return f"if that one is gone: {removal(at, other.name)}"


def _is_this(other: SeenChassis, here: Joining) -> bool:
    """Whether that is this host: by an address that only this one can have; one that has got
    another by now, by what it calls itself. The copy of a host's disk has its chassis' name."""
    if has_its_address(other, here):
        return True
    return bool(here.chassis.southbound) and other.hostname == here.hostname


def has_its_address(other: SeenChassis, here: Joining) -> bool:
    """Whether a chassis has one of this host's addresses."""
    mine = {str(each.address) for each in here.addresses}
    return any(address in mine for _, address in other.encaps)


def _notes(others: Iterable[SeenChassis], want: ChassisWant) -> Iterator[str]:
    mine = set((want.encap_type or "").split(","))
    for other in others:
        theirs = {kind for kind, _ in other.encaps}
        if other.name != want.system_id and theirs and not mine & theirs:
            yield (
                f"chassis {other.name} has tunnels of {', '.join(sorted(theirs))} alone: there is "
                "none between it and this host"
            )
