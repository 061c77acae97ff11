"""One libvirt host for programs: what there is, what would change, and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.api.changes import Changes
from vnetmgr.api.wants import read_policy, word, words
from vnetmgr.errors import ExitCode, UsageError, VnetError
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.plan import Plan, Report
from vnetmgr.model.record import replace
from vnetmgr.problem import About
from vnetmgr.runtime.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from vnetmgr.api.events import EventStream
    from vnetmgr.api.specs import Spec
    from vnetmgr.host.connect import Host as Connection
    from vnetmgr.model.graph import Graph
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.path.finding import Diagnosis
    from vnetmgr.model.path.trace import Trace
    from vnetmgr.model.rows.domains import DomainListing
    from vnetmgr.model.rows.forwards import ForwardListing
    from vnetmgr.model.rows.metrics import Metric
    from vnetmgr.model.rows.migration import MigrationCheck
    from vnetmgr.model.rows.networks import LeaseListing, NetworkListing, ShownNetwork
    from vnetmgr.model.rows.nics import NicListing
    from vnetmgr.model.rows.qemu_args import QemuNic
    from vnetmgr.model.seen.hostdev import HostDeviceListing
    from vnetmgr.spec.export import Export

_NONE = Policy()
LOCK_TIMEOUT_S = 30.0
_LONGEST_S = 1_000_000  # far less than what the system's calls take


def _refuse_odd(**seconds: object) -> None:
    """Raise UsageError for what is no time to wait, before anything is done."""
    for name, value in seconds.items():
        if not (isinstance(value, int | float) and 0 <= value <= _LONGEST_S):
            about = About("command", field=name)
            raise UsageError(f"{name}: {value!r} is no number of seconds", about=about)


def _ovn_of(northbound: str | None, fleet: str | None) -> OvnSettings:
    from vnetmgr.api.ovn_options import ovn_of

    return ovn_of(northbound, fleet)


class FailedError(VnetError):
    """Something was tried, and not all of it is done; `report` says what became of each change."""

    def __init__(self, report: Report) -> None:
        bad = [outcome.error for outcome in report.outcomes if outcome.error is not None]
        first = report.errors[0] if report.errors else VnetError(bad[0] if bad else "not done")
        problems = [problem for error in report.errors for problem in error.problems]
        super().__init__(
            first.text, first.hint, about=first.about, problems=problems, items=first.items
        )
        self.report = report
        self.exit_code = report.exit_code


class Host(Changes[Report], Closing):
    """A connection to libvirt on one host. Use it as a context manager, or `close` it.

    Its changing methods return what was read back, and raise: FailedError where not all is done,
    another VnetError where nothing was touched.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        timeout: float | None = None,
        lock_timeout: float = LOCK_TIMEOUT_S,
    ) -> None:
        """Take over a connection; `connect` opens one."""
        self._connection = connection
        self._timeout, self._lock_timeout_s = timeout, lock_timeout

    @classmethod
    def connect(
        cls,
        uri: str | None = None,
        *,
        readonly: bool = False,
        timeout: float | None = None,
        lock_timeout: float = LOCK_TIMEOUT_S,
        ovn_nb: str | None = None,
        fleet: str | None = None,
        trace: Callable[[str], None] | None = None,
    ) -> Self:
        """Connect to `uri`, else LIBVIRT_DEFAULT_URI, else qemu:///system.

        `timeout`: seconds that libvirt may answer nothing at all, 45 if left out, 0: for ever;
        `lock_timeout`: those that a change waits for another vnetmgr on that host. `ovn_nb`: OVN's
        northbound database, for overlays; else as --ovn-nb has it; `fleet`: whose they are. `trace`
        gets each call of libvirt as text. Raises VnetError, with what to start or allow.
        """
        from vnetmgr.host.connect import Host as Connection

        _refuse_odd(timeout=timeout or 0.0, lock_timeout=lock_timeout)
        ovn = None if ovn_nb is None and fleet is None else _ovn_of(ovn_nb, fleet)
        connection = Connection.connect(uri, readonly=readonly, trace=trace, timeout_s=timeout)
        connection.ovn = ovn
        return cls(connection, timeout=timeout, lock_timeout=lock_timeout)

    def __repr__(self) -> str:
        return f"Host({self.uri!r})"

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    @property
    def uri(self) -> str:
        """The URI as libvirt has it."""
        return self._connection.uri

    @property
    def key(self) -> str:
        """The identity of the managed host, the same over every transport; fit for a file name."""
        return self._connection.lock_key

    @property
    def name(self) -> str:
        """The host name of the machine that libvirt runs on."""
        return self._connection.name

    @property
    def readonly(self) -> bool:
        """Whether nothing can be changed over this connection."""
        return self._connection.readonly

    # What there is

    def domain_names(self) -> list[str]:
        """Every domain's name."""
        return self._connection.domain_names()

    def network_names(self) -> list[str]:
        """Every network's name."""
        return self._connection.network_names()

    def domains(self, *domains: str) -> DomainListing:
        """These domains, or all: UUIDs, states, and what their nics go by."""
        from vnetmgr.listings.domains import list_domains

        return list_domains(self._connection, words(domains, "domain"))

    def nics(self, *domains: str, probe: bool = False) -> NicListing:
        """The nics of these domains, or of all. `probe`: also ask, by ARP, who is on a bridge and
        has no known address."""
        from vnetmgr.listings import nics as listings

        return (listings.probe_nics if probe else listings.list_nics)(
            self._connection, words(domains, "domain")
        )

    def networks(self, *names: str) -> NetworkListing:
        """These networks, or all, each with the nics on it."""
        from vnetmgr.listings.networks import list_networks

        return list_networks(self._connection, words(names, "network"))

    def network(self, name: str) -> ShownNetwork:
        """One network, with its leases and reservations, and the port forwards to guests on it."""
        from vnetmgr.listings.networks import show_network

        return show_network(self._connection, word(name, "network"))

    def leases(self, *networks: str) -> LeaseListing:
        """The addresses that these networks, or all, have leased or keep reserved."""
        from vnetmgr.listings.networks import list_leases

        return list_leases(self._connection, words(networks, "network"))

    def forwards(self, *domains: str) -> ForwardListing:
        """The port forwards of these domains, or all, with rules that are of none."""
        from vnetmgr.listings.forwards import list_forwards

        return list_forwards(self._connection, words(domains, "domain"))

    def host_devices(self) -> HostDeviceListing:
        """This machine's PCI network devices that guests may have, and why not the others."""
        from vnetmgr.listings.nics import list_host_devices

        return list_host_devices(self._connection)

    def qemu_arguments(self, domain: str, *, live: bool = False) -> tuple[QemuNic, ...]:
        """A domain's nics in QEMU's words: of its config, or with `live` as they run."""
        from vnetmgr.listings.nics import list_qemu_nics

        return list_qemu_nics(self._connection, word(domain, "domain"), live=live)

    def export(self, *domains: str, networks: bool = True) -> Export:
        """These domains' nics, or all, and the networks, as a spec that changes nothing."""
        from vnetmgr.listings.export import exported

        return exported(self._connection, words(domains, "domain"), networks=networks)

    def diagnose(
        self,
        *targets: str,
        probe: bool = False,
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> Diagnosis:
        """Why a guest has no network: of these domains and nics (DOMAIN/NIC), or of all. `probe`:
        also ask from where the guests are, for some seconds."""
        from vnetmgr.doctor.look import diagnosed, look
        from vnetmgr.doctor.targets import found_targets, parse_targets

        asked = found_targets(self._connection, parse_targets(words(targets, "domain")))
        facts, notes = look(self._connection, asked, probe=probe, on_progress=on_progress)
        return diagnosed(facts, asked, notes)

    def trace(self, nic: str, destination: str) -> Trace:
        """Where a packet of a nic (DOMAIN/NIC) gets to: ADDRESS[:PORT][/tcp|udp|icmp], `gateway`,
        a domain or a name. None is sent."""
        from vnetmgr.doctor.targets import parse_targets
        from vnetmgr.trace.destination import parse_destination
        from vnetmgr.trace.now import trace_now

        (asked,), to = parse_targets([word(nic, "nic")]), parse_destination(str(destination))
        return trace_now(self._connection, asked, to)

    def topology(self, *domains: str) -> Graph:
        """What is connected to what, around these domains, or of all."""
        from vnetmgr.topology.look import look

        return look(self._connection, words(domains, "domain"))

    def check_migration(self, domain: str, to: Host) -> MigrationCheck:
        """Whether a domain would keep its network on another host, and what makes it so."""
        from vnetmgr.migration.called import by_uri
        from vnetmgr.migration.compare import compare
        from vnetmgr.migration.observe import look

        if not isinstance(to, Host):
            raise UsageError(f"{to!r} is no host", about=About("command", field="to"))
        here, there = ((each, by_uri(each.uri)) for each in (self._connection, to._connection))
        return compare(look(word(domain, "domain"), here, there))

    def metrics(self) -> tuple[Metric, ...]:
        """What Prometheus wants to know of this host's networking."""
        from vnetmgr.metrics.names import metrics
        from vnetmgr.metrics.scrape import Scraper

        return tuple(metrics(Scraper(self._connection).scrape()))

    def events(self) -> EventStream:
        """What happens from now on, over a connection of its own: close it, or use it as a context
        manager."""
        from vnetmgr.api.events import EventStream

        return EventStream(self._connection.uri, timeout=self._timeout)

    # What would change, and changes

    @property
    def dry_run(self) -> Changes[Plan]:
        """The same changing methods, which return a Plan and touch nothing: `host.dry_run.
        attach_nic(...)`."""
        return _DryRun(self)

    def plan(
        self,
        spec: Spec | Desired,
        *,
        strict: bool = False,
        prune: bool = False,
        this_host: str | None = None,
        revision: int | None = None,
        allow: str | Iterable[str] = (),
    ) -> Plan:
        """What `apply` would change for a spec. `strict`: a domain that this host does not have is
        an error; `prune`: take away what vnetmgr made and the spec has no more; `this_host`: what a
        spec for several hosts calls this one, whose part alone is meant; `revision`: of the spec,
        for its overlays."""
        from vnetmgr.engine.reconcile import by_name, preview

        meant = {"strict": strict, "prune": prune}
        desired = _wanted(spec, **meant, this_host=this_host, revision=revision)
        named = by_name(self._connection, desired)
        plan = preview(self._connection, named, read_policy(allow))
        return replace(plan, asked=desired)

    def apply(
        self,
        wanted: Plan | Spec | Desired,
        *,
        strict: bool = False,
        prune: bool = False,
        this_host: str | None = None,
        revision: int | None = None,
        allow: str | Iterable[str] = (),
        wait: float = 0.0,
        approve: Callable[[Plan], bool] = lambda _: True,
        on_progress: Callable[[str], None] = lambda _: None,
        check: bool = True,
    ) -> Report:
        """Carry out a plan, or make this host as a spec says, and read back that it is.

        A plan is made again under the lock, and refused where that would do what is not in it.
        `approve` is asked with the plan before anything is touched; `on_progress` gets a line
        before each step, in another thread. Without `check`, no FailedError: the report tells.
        """
        from vnetmgr.api.wanted import of_plan
        from vnetmgr.engine.reconcile import by_name, change

        _refuse_odd(wait=wait)
        policy = read_policy(allow)
        if isinstance(wanted, Plan):
            approve, policy, wanted = of_plan(wanted, approve)
        meant = {"strict": strict, "prune": prune, "this_host": this_host, "revision": revision}
        report = change(
            self._connection,
            by_name(self._connection, _wanted(wanted, **meant)),
            policy,
            lock_timeout_s=self._lock_timeout_s,
            wait_s=wait,
            approve=approve,
            on_progress=on_progress,
        )
        if check and report.exit_code is not ExitCode.DONE:
            raise FailedError(report)
        return report

    def reconcile(
        self,
        spec: Spec | None = None,
        *,
        strict: bool = False,
        prune: bool = False,
        this_host: str | None = None,
        revision: int | None = None,
        all_or_nothing: bool = False,
        allow: str | Iterable[str] = (),
        approve: Callable[[Plan], bool] = lambda _: True,
        on_progress: Callable[[str], None] = lambda _: None,
        check: bool = True,
    ) -> Report:
        """Bring this host to what a spec says, again and again: what has a problem in it is named
        and left alone, and the rest is done, unless `all_or_nothing`. Without a spec it looks after
        port forwards alone, as domains' metadata has them."""
        from vnetmgr.api.ovn_options import revision_of
        from vnetmgr.api.specs import forwards_alone, load_desired

        desired = forwards_alone()
        if spec is not None:
            whole = {"all_or_nothing": all_or_nothing, "strict": strict, "prune": prune}
            number = revision_of(revision)
            desired = load_desired(spec, this_host=this_host, revision=number, **whole)
        return self.apply(
            desired, allow=allow, approve=approve, on_progress=on_progress, check=check
        )

    def _carry_out(self, desired: Desired, policy: Policy = _NONE, *, wait: float = 0.0) -> Report:
        return self.apply(desired, allow=policy.allow, wait=wait)


class _DryRun(Changes[Plan]):
    """What the changes would do."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def _carry_out(self, desired: Desired, policy: Policy = _NONE, *, wait: float = 0.0) -> Plan:
        del wait
        return self._host.plan(desired, allow=policy.allow)


def _wanted(spec: Spec | Desired, **meant: Any) -> Desired:
    if isinstance(spec, Desired):  # as of each command
        return spec
    from vnetmgr.api.wanted import wanted_of

    return wanted_of(spec, **meant)
