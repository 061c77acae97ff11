"""Whether OVN has a chassis as it is wanted, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.names import joined
from vnetmgr.model.overlay.southbound import removal
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.overlay.joining import ChassisWant, Joining


class Registration(Record):
    """What is known of it."""

    settled: bool = False
    """Whether waiting longer tells no more."""
    note: str | None = None
    error: VnetError | None = None


def registration(want: ChassisWant, here: Joining) -> Registration:
    """From what was just asked."""
    name, at = want.system_id or "", here.at(want)
    row = here.southbound.named(name) if here.southbound is not None else None
    if here.bridge_fault is not None:
        return _failed(
            want,
            f"Open vSwitch has not made the bridge {here.chassis.integration_bridge}: "
            f"{here.bridge_fault}",
            "see `systemctl status openvswitch-switch`; without the kernel's module openvswitch: "
            "--datapath userspace",
        )
    if row is not None and here.controller and set(row.encaps) == _ends(want, here):
        ends = ", ".join(f"{kind} at {address}" for kind, address in row.encaps)
        return Registration(settled=True, note=f"OVN has the chassis {name}: {ends}")
    if here.controller is None:
        return _failed(
            want,
            f"ovn-controller does not run on this host: to OVN, chassis {name} is not there",
            "systemctl start ovn-controller (apt install ovn-host, or your distribution's)",
        )
    if not here.controller:
        return _failed(
            want,
            f"ovn-controller is not connected to the southbound database at {at}",
            _way_in(want, here, at or ""),
        )
    if here.southbound is None:
        return Registration(
            settled=True,
            note=f"ovn-controller is connected to {at}; whether OVN has the chassis {name} is not "
            f"checked: {here.why_unseen}",
        )
    has = "has it otherwise" if row is not None else "does not have it"
    return _failed(
        want,
        f"ovn-controller is connected, and OVN {has}: chassis {name}",
        "/var/log/ovn/ovn-controller.log says why",
    )


def departure(want: ChassisWant, here: Joining) -> str:
    """What is known of a chassis that is to be none any more, and whose settings are gone."""
    name, known = here.chassis.system_id or "", here.southbound
    if known is not None:
        gone = known.named(name) is None
        return f"OVN has {'no chassis' if gone else 'another chassis'} {name}"
    text = f"whether OVN still has the chassis {name} is not checked"
    at = here.at(want)
    return f"{text}; where its database is: {removal(at, name)}" if at and name else text


def _way_in(want: ChassisWant, here: Joining, at: str) -> str:
    if "ssl:" in at and not (want.tls or here.tls):
        return (
            "Open vSwitch has no key for ssl: --private-key, --certificate and --ca-cert name its "
            "files; /var/log/ovn/ovn-controller.log says more"
        )
    if here.lost_hosts:
        return f"this host finds no address of {joined(here.lost_hosts)}: --southbound says another"
    return (
        "does it listen to other hosts? there: ovn-sbctl set-connection ptcp:6642; is a firewall "
        "between? /var/log/ovn/ovn-controller.log says more"
    )


def _failed(want: ChassisWant, text: str, hint: str) -> Registration:
    return Registration(error=VnetError(text, hint, about=want.about))


def _ends(want: ChassisWant, here: Joining) -> set[tuple[str, str]]:
    addresses = str(want.encap_ip or here.chassis.encap_ip or "").split(",")
    kinds = (want.encap_type or "").split(",")
    return {(kind.strip(), address.strip()) for kind in kinds for address in addresses}
