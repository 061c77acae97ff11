"""`doctor --fix`: what is vnetmgr's own to mend, as one plan of the usual way."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Subject
from vnetmgr.doctor.checks import CHECKS
from vnetmgr.engine.reconcile import change, preview
from vnetmgr.errors import ConnectionLostError, VnetError
from vnetmgr.local.links import is_port_waiting
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.patch import UNSET
from vnetmgr.model.path.finding import Status
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vnetmgr.host.connect import Host
    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.finding import Finding, NicPath
    from vnetmgr.model.plan import Plan, Report

_ROWS = {row.id: row for row in CHECKS}
_POLICY = Policy()
_LONGEST_S, _STEP_S = 35.0, 0.1
"""Twice the longest delay that a bridge has by itself, and how often it is looked."""


def wants_of(facts: PathFacts, paths: Iterable[NicPath]) -> tuple[Desired, ...]:
    """What would mend what is wrong, each want alone, in the order in which it is found."""
    found: list[Desired] = []
    for path in paths:
        for finding in path.findings:
            if finding.fixable and finding.status in (Status.BROKEN, Status.WARNING):
                found += (each for each in _wants(facts, finding) if each not in found)
    return tuple(found)


def _wants(facts: PathFacts, finding: Finding) -> Iterator[Desired]:
    """A finding's remedy, from the test that found it."""
    domain = facts.domain(finding.domain)
    for nic in () if domain is None else domain.nics:
        if domain is not None and nic.key == finding.nic:
            found = _ROWS[finding.check].test(Subject(facts=facts, domain=domain, nic=nic))
            if found is not None and found.remedy is not None and found.remedy.desired is not None:
                yield found.remedy.desired


def together(wants: Iterable[Desired]) -> Desired:
    """One Desired of several; what is wanted of one nic, or one network, is one want."""
    every = tuple(wants)
    nics: dict[tuple[str, str | None], NicWant] = {}
    for want in (nic for each in every for nic in each.nics):
        before = nics.get((want.domain, want.nic))
        nics[want.domain, want.nic] = want if before is None else _merged(before, want)
    networks: dict[str, NetworkWant] = {}
    for network in (network for each in every for network in each.networks):
        same = networks.get(network.name)
        networks[network.name] = network if same is None else _both(same, network)
    started = frozenset(want.name for want in networks.values() if want.running)
    return Desired(
        networks=tuple(networks.values()),
        nics=tuple(want for want in nics.values() if not _is_plugged_by(want, started)),
        forwards=tuple(dict.fromkeys(want for each in every for want in each.forwards)),
    )


def _is_plugged_by(want: NicWant, started: frozenset[str]) -> bool:
    """Whether all that is wanted of a nic is its tap on the bridge of a network that starts: that
    plugs in all of its guests."""
    source = want.patch.source
    others = [name for name in want.patch.FIELDS if getattr(want.patch, name) is not UNSET]
    return others == ["source"] and source is not UNSET and source.is_on(started, ())


def _both(want: NetworkWant, other: NetworkWant) -> NetworkWant:
    """Checks want of a network that it runs, is restarted, or starts with the host."""
    return replace(
        want,
        running=want.running or other.running,
        restart=want.restart or other.restart,
        autostart=want.autostart or other.autostart,
    )


def _merged(want: NicWant, other: NicWant) -> NicWant:
    given = {name: getattr(other.patch, name) for name in other.patch.FIELDS}
    set_ = {name: value for name, value in given.items() if value is not UNSET}
    return replace(want, patch=replace(want.patch, **set_))


def plan_mending(host: Host, wants: tuple[Desired, ...]) -> Plan:
    """The one plan. What cannot be planned is among its errors, and holds up nothing else."""
    possible, errors = _possible(host, wants)
    plan = preview(host, together(possible), _POLICY)
    return replace(plan, errors=(*errors, *plan.errors))


def mend(
    host: Host,
    wants: tuple[Desired, ...],
    *,
    lock_timeout_s: float,
    on_progress: Callable[[str], None],
) -> Report:
    """The same, done and verified."""
    possible, errors = _possible(host, wants)
    report = change(
        host,
        together(possible),
        _POLICY,
        lock_timeout_s=lock_timeout_s,
        on_progress=on_progress,
    )
    return replace(report, errors=(*errors, *report.errors))


def _possible(
    host: Host, wants: tuple[Desired, ...]
) -> tuple[tuple[Desired, ...], tuple[VnetError, ...]]:
    """Those that can be planned, and why the others cannot."""
    if _refusal(host, together(wants)) is None:
        return wants, ()
    refused = [_refusal(host, each) for each in wants]
    both = zip(wants, refused, strict=True)
    return (
        tuple(each for each, error in both if error is None),
        tuple(error for error in refused if error is not None),
    )


def _refusal(host: Host, desired: Desired) -> VnetError | None:
    try:
        preview(host, desired, _POLICY)
    except ConnectionLostError:
        raise
    except VnetError as error:
        return error
    return None


def wait_forwarding(facts: PathFacts) -> None:
    """Wait until the bridges forward what comes by the taps of those who were asked for: a port
    that is plugged in listens and learns before (STP). No longer than that takes them."""
    taps = {
        nic.live.target
        for name in facts.asked
        if (domain := facts.domain(name)) is not None
        for nic in domain.nics
        if nic.live is not None
    }
    end = monotonic() + _LONGEST_S
    while monotonic() < end and any(is_port_waiting(tap) for tap in taps if tap):
        sleep(_STEP_S)
