"""Every metric: its name, what it means, and where its values are. The contract with dashboards.

Names and units are as Prometheus' conventions have them. What a nic receives and transmits is so
from its guest's point of view, what a bridge does from this machine's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from vnetmgr.model.forward import port_text
from vnetmgr.model.path.finding import Status
from vnetmgr.model.rows.metrics import Metric, MetricKind, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vnetmgr.metrics.facts import BridgeNow, Examined, NicNow, PoolNow, Scraped
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.path.finding import Finding
    from vnetmgr.model.rows.forwards import ForwardRow
    from vnetmgr.model.rows.last_run import LastRun
    from vnetmgr.model.seen.traffic import Traffic

T = TypeVar("T")
PREFIX = "vnetmgr_"
_COUNTER, _GAUGE = MetricKind.COUNTER, MetricKind.GAUGE


class _Row(NamedTuple, Generic[T]):
    """A metric of each thing of a group; None: it has no such value."""

    name: str
    kind: MetricKind
    help: str
    read: Callable[[T], float | None]
    more: Mapping[str, Callable[[T], str]] = {}
    """Labels beside the group's."""


class _Group(NamedTuple, Generic[T]):
    """Things of one kind, the labels that tell them apart, and what is measured of each."""

    things: Callable[[Scraped], Iterable[T]]
    labels: Mapping[str, Callable[[T], str]]
    rows: tuple[_Row[T], ...]


def metrics(scraped: Scraped) -> tuple[Metric, ...]:
    """All metrics, those without a value, too."""
    return tuple(
        _metric(row, {**group.labels, **row.more}, things)
        for group in GROUPS
        for things in (tuple(group.things(scraped)),)
        for row in group.rows
    )


def _metric(
    row: _Row[Any], labels: Mapping[str, Callable[[Any], str]], things: Iterable[Any]
) -> Metric:
    samples: dict[tuple[str, ...], Sample] = {}
    for thing in things:
        value = row.read(thing)
        named = {name: _text(read(thing)) for name, read in labels.items()}
        if value is not None:
            # One each: Prometheus would refuse the whole scrape.
            samples.setdefault(tuple(named.values()), Sample(labels=named, value=float(value)))
    return Metric(
        name=PREFIX + row.name,
        kind=row.kind,
        help=row.help,
        labels=tuple(labels),
        samples=tuple(samples.values()),
    )


def _text(text: str) -> str:
    """As UTF-8 has it: a link's name may be other bytes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _traffic(of: str, whose: str, read: Callable[[T], Traffic | None]) -> tuple[_Row[T], ...]:
    """The eight counters of something."""
    ways = {"receive": "received", "transmit": "sent"}
    units = {
        "bytes": "Bytes {}",
        "packets": "Packets {}",
        "errors": "Packets with an error while being {}",
        "drops": "Packets dropped instead of being {}",
    }
    return tuple(
        _Row(
            f"{of}_{way}_{unit}_total",
            _COUNTER,
            f"{text.format(done)}{whose}",
            partial(_count, read, f"{way}_{unit}"),
        )
        for way, done in ways.items()
        for unit, text in units.items()
    )


def _count(read: Callable[[T], Traffic | None], field: str, thing: T) -> float | None:
    traffic = read(thing)
    return None if traffic is None else getattr(traffic, field)


def _of_nic(nic: NicNow) -> Traffic | None:
    return nic.traffic


def _of_bridge(bridge: BridgeNow) -> Traffic | None:
    return bridge.traffic


def _used(nic: NicNow) -> float | None:
    return None if nic.traffic is None else nic.traffic.transmit_packets > 0


_HOST: _Group[Scraped] = _Group(
    lambda scraped: [scraped],
    {},
    (
        _Row("build_info", _GAUGE, "1, for vnetmgr's version.", lambda _: 1, {
            "version": lambda scraped: scraped.version,
        }),
        _Row("libvirt_up", _GAUGE, "Whether libvirt has answered.", lambda each: each.up),
        _Row("scrape_duration_seconds", _GAUGE, "How long it took to look at all of this.",
             lambda scraped: scraped.duration_s),
        _Row("host_info", _GAUGE, "1, for the host that libvirt runs on.",
             lambda scraped: 1 if scraped.up else None, {"host": lambda scraped: scraped.host}),
    ),
)  # fmt: skip
_DOMAINS = _Group(
    lambda scraped: scraped.domains,
    {"domain": lambda domain: domain.name},
    (
        _Row("domain_running", _GAUGE, "Whether the domain runs, or is paused.",
             lambda domain: domain.running),
        _Row("domain_readable", _GAUGE, "Whether libvirt's document of the domain can be read: "
             "else there is nothing of its nics and forwards.", lambda domain: domain.readable),
    ),
)  # fmt: skip
_NICS: _Group[NicNow] = _Group(
    lambda scraped: scraped.nics,
    {
        "domain": lambda nic: nic.domain,
        "nic": lambda nic: nic.nic,
        "mac": lambda nic: nic.mac,
        "network": lambda nic: nic.network,
        "bridge": lambda nic: nic.bridge,
    },
    (
        *_traffic("nic", " by the guest, since its link on the host was made.", _of_nic),
        _Row("nic_info", _GAUGE, "1, for what kind of nic it is, and its link on the host.",
             lambda _: 1, {
                 "mode": lambda nic: nic.mode,
                 "model": lambda nic: nic.model,
                 "target": lambda nic: nic.target,
             }),
        _Row("nic_link_up", _GAUGE, "Whether the nic's link is up, as libvirt set it.",
             lambda nic: nic.link_up),
        _Row("nic_orphan", _GAUGE, "Whether its tap has lost its bridge. No value: not visible.",
             lambda nic: nic.orphan),
        _Row("nic_pending_fields", _GAUGE,
             "In how many fields the running nic is not what its config says.",
             lambda nic: nic.pending),
        _Row("nic_used", _GAUGE, "Whether the guest has sent anything through it.", _used),
    ),
)  # fmt: skip
_NETWORKS: _Group[SeenNetwork] = _Group(
    lambda scraped: scraped.networks,
    {"network": lambda seen: seen.name},
    (
        _Row("network_active", _GAUGE, "Whether the network runs.", lambda seen: seen.active),
        _Row("network_autostart", _GAUGE, "Whether it starts with libvirt.",
             lambda seen: seen.autostart),
        _Row("network_info", _GAUGE, "1, for the network's mode and its bridge.", lambda _: 1, {
            "mode": lambda seen: str((seen.live or seen.any).mode),
            "bridge": lambda seen: (seen.live or seen.any).bridge or "",
        }),
    ),
)  # fmt: skip
_POOLS: _Group[PoolNow] = _Group(
    lambda scraped: scraped.pools,
    {"network": lambda pool: pool.network, "ip_version": lambda pool: str(pool.version)},
    (
        _Row("network_dhcp_leases", _GAUGE, "Addresses that DHCP has given out.",
             lambda pool: pool.leased),
        _Row("network_dhcp_free_addresses", _GAUGE,
             "Addresses of its ranges that are neither leased nor reserved.",
             lambda pool: pool.free),
    ),
)  # fmt: skip
_BRIDGES: _Group[BridgeNow] = _Group(
    lambda scraped: scraped.bridges,
    {"bridge": lambda bridge: bridge.name},
    (
        *_traffic("bridge", " by the host itself, through the bridge.", _of_bridge),
        _Row("bridge_carrier", _GAUGE, "Whether it is up, with a port that is.",
             lambda bridge: bridge.carrier),
        _Row("bridge_ports", _GAUGE, "Its ports, guests' taps among them.",
             lambda bridge: bridge.ports),
    ),
)  # fmt: skip
_FORWARDS: _Group[ForwardRow] = _Group(
    lambda scraped: scraped.forwards,
    {
        "domain": lambda row: row.domain or "",
        "nic": lambda row: row.forward.nic or "",
        "protocol": lambda row: str(row.forward.protocol),
        "listen": lambda row: str(row.forward.listen or ""),
        "host_port": lambda row: port_text(row.forward.host_port, row.forward.ports),
        "guest_address": lambda row: str(row.guest_address or ""),
        "guest_port": lambda row: port_text(row.forward.guest_port, row.forward.ports),
    },
    (
        _Row("forward_active", _GAUGE,
             "Whether the port forward works. No value: it cannot be seen from here.",
             lambda row: row.active),
        _Row("forward_connections_total", _COUNTER, "Connections by it, since its rules were made.",
             lambda row: row.connections),
    ),
)  # fmt: skip
_LAST_RUN: _Group[LastRun] = _Group(
    lambda scraped: [scraped.last_run] if scraped.last_run else [],
    {"host": lambda run: run.host},
    (
        _Row("last_run_timestamp_seconds", _GAUGE, "When the last reconcile ended.",
             lambda run: run.ended_s),
        _Row("last_run_duration_seconds", _GAUGE, "How long it took.", lambda run: run.duration_s),
        _Row("last_run_success", _GAUGE, "Whether it ended without an error.",
             lambda run: run.success),
        _Row("last_run_errors", _GAUGE, "Its errors.", lambda run: run.errors),
    ),
)  # fmt: skip
_LAST_CHANGES: _Group[tuple[LastRun, str, int]] = _Group(
    lambda scraped: [
        (run, result, count)
        for run in ([scraped.last_run] if scraped.last_run else [])
        for result, count in run.changes.items()
    ],
    {"host": lambda each: each[0].host, "result": lambda each: each[1]},
    (
        _Row("last_run_changes", _GAUGE, "Its changes, by what became of them.",
             lambda each: each[2]),
    ),
)  # fmt: skip
_EXAMINED: _Group[Examined] = _Group(
    lambda scraped: [scraped.examined] if scraped.examined else [],
    {},
    (
        _Row("doctor_run_timestamp_seconds", _GAUGE, "When doctor last ended a look at everything.",
             lambda examined: examined.ended_s),
        _Row("doctor_run_duration_seconds", _GAUGE, "How long it took.",
             lambda examined: examined.duration_s),
        _Row("doctor_run_success", _GAUGE, "Whether it could look, whatever it has found.",
             lambda examined: examined.success),
    ),
)  # fmt: skip
_FINDINGS: _Group[Finding] = _Group(
    lambda scraped: scraped.examined.findings if scraped.examined else (),
    {
        "domain": lambda finding: finding.domain,
        "nic": lambda finding: finding.nic or "",
        "check": lambda finding: finding.check,
        "layer": lambda finding: str(finding.layer),
        "status": lambda finding: str(finding.status),
    },
    (
        _Row("doctor_finding", _GAUGE,
             "1, for what doctor has found: broken, warning or not-checked, by the check's id.",
             lambda finding: None if finding.status in (Status.OK, Status.INFO) else 1),
    ),
)  # fmt: skip
GROUPS: tuple[_Group[Any], ...] = (
    _HOST, _DOMAINS, _NICS, _NETWORKS, _POOLS, _BRIDGES, _FORWARDS, _LAST_RUN, _LAST_CHANGES,
    _EXAMINED, _FINDINGS,
)  # fmt: skip
