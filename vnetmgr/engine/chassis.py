"""This machine's side of overlays: what it is to OVN, and becomes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.engine.northbound import settings_for
from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.local.links import has_switches
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.joining import DATAPATH_TYPES
from vnetmgr.model.record import replace
from vnetmgr.planner.overlays.external import concerns_others
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.host.connect import Host
    from vnetmgr.model.overlay.joining import ChassisWant
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.overlay.southbound import SeenChassis
    from vnetmgr.model.plan import Report
    from vnetmgr.model.seen.observed import Observed, WayOut

_POLL_S = 0.2


def with_chassis(observed: Observed) -> Observed:
    """With what this machine is to OVN, where its Open vSwitch can be asked."""
    found = chassis_here()
    return observed if found is None else replace(observed, chassis=found)


def chassis_here() -> Chassis | None:
    """The same alone; None where it cannot be asked: mostly, there is no right to."""
    if not has_switches():
        return None
    from vnetmgr.local.chassis.read import read_chassis

    try:
        return read_chassis()
    except VnetError:
        return None


def with_chassis_afar(observed: Observed, settings: OvnSettings) -> Observed:
    """With what another host is to OVN, where the southbound database can be asked from here: it
    says that of each host, and has none that is called alike where this one has not joined."""
    known = None if settings.northbound is None else hosts_of(observed, settings)
    if known is None:
        return observed
    mine = [each for each in known if each.hostname == observed.host]
    if len(mine) == 1:
        return replace(observed, chassis=as_seen_afar(mine[0]))
    short = observed.host.partition(".")[0]
    alike = (name for each in known for name in (each.hostname, each.name))
    is_there = any(name.partition(".")[0] == short for name in alike)
    return observed if is_there else replace(observed, chassis=Chassis())


def with_hosts(observed: Observed, ways_out: tuple[WayOut, ...], settings: OvnSettings) -> Observed:
    """With the hosts that OVN has, where somebody wants a router on others than it is on."""
    if not any(concerns_others(each, observed) for each in ways_out):
        return observed
    return replace(observed, ovn_hosts=hosts_of(observed, settings))


def hosts_of(observed: Observed, settings: OvnSettings) -> tuple[SeenChassis, ...] | None:
    """The hosts that OVN knows; None where its southbound database cannot be asked."""
    from vnetmgr.local.chassis.southbound import find_southbound

    at = find_southbound(observed.chassis, settings.northbound)
    if at is None:
        return None
    try:
        from vnetmgr.ovn.southbound import read_chassis

        return read_chassis(at, settings)
    except VnetError:
        return None


def as_seen_afar(found: SeenChassis) -> Chassis:
    """What a host is to OVN, as far as that has been told."""
    kind, address = found.encaps[0] if found.encaps else (None, None)
    return Chassis(
        system_id=found.name,
        encap_type=kind,
        encap_ip=address,
        userspace=found.datapath == DATAPATH_TYPES["userspace"],
        registered=True,
    )


def with_joining(host: Host, observed: Observed, want: ChassisWant) -> Observed:
    """With what making this machine a chassis depends on, or having it be none."""
    words = ("leave-overlay",) if want.leaves else ("join-overlay", "...")
    if not host.is_local or not observed.features.host_links:
        unseen: VnetError = RefusedError(
            f"what {observed.host} is to OVN is said in its own Open vSwitch, and not to be had "
            f"over {host.uri}",
            "run vnetmgr on that host: install it there, and reach it by qemu+ssh:// in the hosts "
            f"file, or as by: ssh {shell_word(observed.host)} {Command(*words, there=True)}",
        )
        return replace(observed, joining_unseen=unseen)
    if not has_switches():
        unseen = VnetError(
            "Open vSwitch does not run on this host",
            "install it with OVN's part for hosts: apt install openvswitch-switch ovn-host, or "
            "your distribution's; systemctl start openvswitch-switch",
        )
        return replace(observed, joining_unseen=unseen)
    from vnetmgr.local.chassis.joining import read_joining

    try:
        return replace(observed, joining=read_joining(want, settings_for(host, None).northbound))
    except VnetError as error:
        return replace(observed, joining_unseen=error)


def with_registration(
    report: Report,
    observed: Observed,
    want: ChassisWant,
    *,
    wait_s: float,
    on_progress: Callable[[str], None],
) -> Report:
    """With whether OVN has the chassis as it is wanted; waits for that."""
    from vnetmgr.local.chassis.joining import seen_again
    from vnetmgr.planner.chassis.registered import registration

    here, deadline = observed.joining, time.monotonic() + wait_s
    while here is not None:
        found = registration(want, here)
        left = deadline - time.monotonic()
        if found.settled or left <= 0:
            note, error = found.note, found.error
            return replace(
                report,
                notes=(*report.notes, *([note] if note else [])),
                errors=(*report.errors, *([error] if error else [])),
            )
        on_progress(f"waiting for OVN to know this host ({left:.0f} s left)")
        time.sleep(min(_POLL_S, left))
        here = seen_again(here, want)
    return report


def with_departure(report: Report, observed: Observed, want: ChassisWant) -> Report:
    """With whether OVN has the chassis still, as it was read back."""
    from vnetmgr.planner.chassis.registered import departure

    if observed.joining is None:
        return report
    return replace(report, notes=(*report.notes, departure(want, observed.joining)))
