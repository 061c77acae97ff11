"""A libvirt host: the one object through which everything else reads and writes it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

import libvirt

from vnetmgr.errors import NoAnswerError, NotFoundError, VnetError
from vnetmgr.host import features
from vnetmgr.host.calls import Calls, silence
from vnetmgr.host.session import Session
from vnetmgr.host.uri import HostUri, chosen_uri
from vnetmgr.model.names import domain_id, domain_uuid
from vnetmgr.problem import About
from vnetmgr.runtime.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vnetmgr.host.path import DomainRun
    from vnetmgr.model.address import AddressBook
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.path.domains import GuestLink
    from vnetmgr.model.path.networks import FilterBody, FilterFacts
    from vnetmgr.model.rows.domains import DomainState
    from vnetmgr.model.seen.machine import GuestMachine, HostMachines
    from vnetmgr.model.seen.observed import Features, Links, Observed, Scope
    from vnetmgr.model.seen.traffic import DomainActivity
    from vnetmgr.model.writes import CreateNetwork, HostWrite, StartNetwork


def _silent_hint(uri: str) -> str:
    if HostUri.parse(uri).is_far:
        return "is the host up, and does its libvirt run, or hang?"
    return "libvirt hangs: see `systemctl status libvirtd virtqemud`"


def _not_connected(error: libvirt.libvirtError, *, uri: str) -> VnetError:
    from vnetmgr.host.translate import translate_connect

    return translate_connect(error, uri=uri)


class Companion(Protocol):
    """What is open as long as the connection is."""

    def close(self) -> None:
        """Close it."""


class Host(Closing):
    """A connection to one libvirt. All methods raise VnetError; none prints."""

    unplug_timeout_s: float = 10.0
    """How long a live detach waits, in all, for the guest to let go of the device."""
    keepalive: ClassVar[tuple[int, int]] = (5, 6)
    """Seconds between keepalive messages, and how many may stay unanswered: a remote host that has
    gone is noticed within half a minute or so. libvirt's own programs use the same."""
    connect_timeout_s: ClassVar[float | None] = None
    """How long connecting may take, where that is less than what any answer may."""
    ovn: OvnSettings | None = None
    """What whoever connected said of OVN's northbound database; it counts before what specs say."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.beside: dict[str, Companion] = {}
        """What else was opened for it, by what that is: it is closed with it."""
        self._parts = HostUri.parse(session.uri)

    @classmethod
    def connect(
        cls,
        uri: str | None,
        *,
        readonly: bool = False,
        trace: Callable[[str], None] | None = None,
        meanwhile: Callable[[], object] | None = None,
        timeout_s: float | None = None,
    ) -> Self:
        """Connect to `uri`, else LIBVIRT_DEFAULT_URI, else qemu:///system.

        `trace` gets every libvirt call as text, with the XML, exact but for passwords.
        `meanwhile` is done while libvirt has not answered yet; an error of it is raised first.
        `timeout_s`: how long nothing at all may be answered; 0: for ever.
        Raises VnetError, with what to start or to allow as its hint.
        """
        silence()
        wanted = chosen_uri(uri)
        bound = timeout_s if cls.connect_timeout_s is None else cls.connect_timeout_s
        calls = Calls(trace, meanwhile, bound)
        opener = libvirt.openReadOnly if readonly else libvirt.open
        if HostUri.parse(wanted).is_far:
            from vnetmgr.host.event_loop import start_event_loop

            start_event_loop()
        try:
            conn = calls.attempt(partial(_not_connected, uri=wanted), opener, wanted)
        except NoAnswerError:
            raise NoAnswerError(
                f"cannot connect to {wanted}: no answer within {calls.timeout_s:g} s",
                f"{_silent_hint(wanted)}; --timeout TIME waits longer",
                about=About("connection", wanted),
            ) from None
        host = cls(calls.together(lambda: _session(conn, calls, wanted, readonly=readonly)))
        host._keep_alive()
        calls.wait_for(timeout_s)
        return host

    def _keep_alive(self) -> None:
        """Notice a remote host that has gone: whatever is under way then fails."""
        if self._parts.is_far:
            try:
                self._session.call(self.uri, self._session.conn.setKeepAlive, *self.keepalive)
            except VnetError:
                return  # a daemon without keepalive

    def close(self) -> None:
        """Close the connection; the end of the process does it as well.

        Not while an abandoned call may still run in its thread: closing would wait for a
        daemon that hangs, or free what the call still uses.
        """
        for companion in self.beside.values():
            companion.close()
        self.beside.clear()
        if self._session.call.abandoned:
            return
        self._session.handles.clear()  # each keeps the connection open
        try:
            self._session.call(About("connection", self.uri), self._session.conn.close)
        except VnetError:
            pass  # it is gone anyway
        finally:
            self._session.call.closed = True
            self._session.call.stop()

    def note(self, text: str) -> None:
        """Have it traced, as a call is: what else is done for this host."""
        self._session.call.note(text)

    @property
    def uri(self) -> str:
        """The URI as libvirt has it."""
        return self._session.uri

    @property
    def name(self) -> str:
        """The host name of the machine that libvirt runs on."""
        return self._session.hostname

    @property
    def readonly(self) -> bool:
        """Whether nothing can be written over this connection."""
        return self._session.readonly

    @property
    def features(self) -> Features:
        """What this libvirt can do."""
        return self._session.features

    @property
    def is_local(self) -> bool:
        """Whether the guests' links are this machine's."""
        return self._parts.is_local

    @property
    def writes_system_files(self) -> bool:
        """Whether libvirt keeps its configuration in this machine's /etc/libvirt/qemu."""
        session = self._session
        on_host = self.is_local and session.features.host_links
        return on_host and session.uri.partition("?")[0].endswith("/system")

    @property
    def lock_key(self) -> str:
        """The identity of the managed host, fit for a file name."""
        return self._parts.lock_key(self.name)

    def observe(self, scope: Scope) -> Observed:
        """What is there within a scope. Templates and this machine's links are not libvirt's:
        the caller adds them."""
        from vnetmgr.host.observe import observe

        return observe(self._session, scope, remote=not self.is_local)

    def domain_names(self) -> list[str]:
        """Every domain's name, for shell completion."""
        from vnetmgr.host.observe import domain_names

        return domain_names(self._session)

    def domain_called(self, word: str) -> str:
        """The name of the domain that a word means: its name, UUID, or id while it runs. Raises
        RefusedError where two are meant."""
        if domain_id(word) is None and domain_uuid(word) is None:
            return word
        from vnetmgr.host.names import domain_called

        return domain_called(self._session, word)

    def domains_called(self, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The names of the domains that each word means, which may be a pattern of names, too."""
        from vnetmgr.host.names import domains_called

        return domains_called(self._session, words)

    def domain_numbers(self) -> dict[str, str]:
        """UUID, or id of one that runs -> the domain's name; for completion."""
        from vnetmgr.host.names import domain_numbers

        return domain_numbers(self._session)

    def domain_states(self) -> dict[str, DomainState]:
        """Whether each domain runs, and how, by its UUID."""
        from vnetmgr.host.activity import read_states

        return read_states(self._session)

    def domains_noting(self, word: str) -> list[str]:
        """The domains in whose metadata vnetmgr has an element of that name; for completion."""
        from vnetmgr.host.observe import domains_noting

        return domains_noting(self._session, word)

    def network_names(self) -> list[str]:
        """Every network's name, for shell completion."""
        from vnetmgr.host.networks import network_names

        return network_names(self._session)

    def runs_network(self, name: str) -> bool:
        """Whether a network runs; libvirt answers behind a start or stop that is under way."""
        try:
            network = self._session.network(name)
        except NotFoundError:
            return False
        return bool(self._session.call(About("network", name), network.isActive))

    def links(self, bridges: Sequence[str]) -> Links | None:
        """The host's bridges through libvirt; None when it cannot say."""
        if not self.features.host_links:
            return None
        from vnetmgr.host.links import read_links

        return read_links(self._session, bridges)

    def has_link(self, name: str) -> bool:
        """Whether the host has a link of that name, through libvirt; False when it cannot say."""
        from vnetmgr.host.links import has_link

        return has_link(self._session, name)

    def link_mtus(self, names: Iterable[str]) -> dict[str, int | None] | None:
        """Those of these links that the host has, with their MTUs as far as libvirt tells them;
        None when it cannot say which there are."""
        from vnetmgr.host.links import read_mtus

        return read_mtus(self._session, names)

    def machines(self, guest: GuestMachine) -> HostMachines:
        """Which machines the host can run, and whether it would run that."""
        from vnetmgr.host.machines import read_machines

        return read_machines(self._session, guest)

    def filter_bodies(self, names: Iterable[str]) -> dict[str, FilterBody] | None:
        """What network filters do, and those that they include; None where there is none to be
        had."""
        from vnetmgr.host.path import read_filter_bodies

        return read_filter_bodies(self._session, names)

    def bridge_made_by(self, write: StartNetwork | CreateNetwork) -> str | None:
        """The bridge that libvirt makes for a network when it starts; None where it makes none,
        or chooses a free name itself."""
        from vnetmgr.host.network_write import bridge_made_by

        return bridge_made_by(self._session, write)

    def do(self, write: HostWrite) -> None:
        """Do one write. Raises RefusedError, with nothing touched, when its ground is stale."""
        from vnetmgr.host.write import do

        do(self._session, write, unplug_timeout_s=self.unplug_timeout_s)

    def activity(self, *, traffic: bool) -> tuple[DomainActivity, ...]:
        """What every domain does, in one call; with `traffic` its nics' counters as well."""
        from vnetmgr.host.activity import read_activity

        return read_activity(self._session, traffic=traffic)

    def transmitted_packets(self, domain: str, target: str) -> int | None:
        """Frames that the guest has sent on a nic's host link: the proof that it uses it.

        None where there is no count: user mode, a nic or a domain that is gone, the test driver.
        """
        from vnetmgr.host.addresses import transmitted_packets

        return transmitted_packets(self._session, domain, target)

    def runs(self, domains: Sequence[str]) -> dict[str, DomainRun]:
        """What domains do now, and what guests have sent; those that have gone are left out."""
        from vnetmgr.host.path import read_runs

        return read_runs(self._session, domains)

    def filters(self, names: Iterable[str]) -> tuple[FilterFacts, ...] | None:
        """Network filters with those that they include; None where there is none to be had."""
        from vnetmgr.host.path import read_filters

        return read_filters(self._session, names)

    def guest_links(
        self, domains: Sequence[str], *, timeout_s: float
    ) -> dict[str, tuple[GuestLink, ...] | None]:
        """Domain -> its guest's links, by its agent; None where that fails. Those that do not
        answer within `timeout_s` are left out."""
        from vnetmgr.host.addresses import read_guest_links

        return read_guest_links(self._session, domains, timeout_s=timeout_s)

    def addresses(
        self, domains: Sequence[SeenDomain], *, agent: bool, timeout_s: float
    ) -> AddressBook:
        """The nics' addresses: leases and, with `agent`, what connected agents say within
        `timeout_s` in all."""
        from vnetmgr.host.addresses import read_addresses

        return read_addresses(self._session, domains, agent=agent, timeout_s=timeout_s)


def _session(conn: libvirt.virConnect, calls: Calls, wanted: str, *, readonly: bool) -> Session:
    """A connection that is open, with what has to be known of it."""
    what = About("connection", wanted)
    uri = calls(what, conn.getURI)
    return Session(
        conn=conn,
        call=calls,
        readonly=readonly,
        uri=uri,
        hostname=calls(what, conn.getHostname),
        features=features.decide(
            client=libvirt.getVersion(),
            daemon=calls(what, conn.getLibVersion),
            driver=calls(what, conn.getType),
            session=HostUri.parse(uri).is_session,
        ),
        written={},
        handles={},
    )
