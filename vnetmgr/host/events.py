"""libvirt's events as plain values, delivered into a queue."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal, Protocol

import libvirt

from vnetmgr.errors import UnsupportedError, VnetError
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.host.connect import Host

_DOMAIN = {
    libvirt.VIR_DOMAIN_EVENT_DEFINED: "defined",
    libvirt.VIR_DOMAIN_EVENT_UNDEFINED: "undefined",
    libvirt.VIR_DOMAIN_EVENT_STARTED: "started",
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED: "suspended",
    libvirt.VIR_DOMAIN_EVENT_RESUMED: "resumed",
    libvirt.VIR_DOMAIN_EVENT_STOPPED: "stopped",
    libvirt.VIR_DOMAIN_EVENT_SHUTDOWN: "shutdown",
    libvirt.VIR_DOMAIN_EVENT_PMSUSPENDED: "pmsuspended",
    libvirt.VIR_DOMAIN_EVENT_CRASHED: "crashed",
}
_NETWORK = {
    libvirt.VIR_NETWORK_EVENT_DEFINED: "defined",
    libvirt.VIR_NETWORK_EVENT_UNDEFINED: "undefined",
    libvirt.VIR_NETWORK_EVENT_STARTED: "started",
    libvirt.VIR_NETWORK_EVENT_STOPPED: "stopped",
}
_BY_MIGRATION = frozenset(
    {
        (libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_STARTED_MIGRATED),
        (libvirt.VIR_DOMAIN_EVENT_SUSPENDED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED),
        (libvirt.VIR_DOMAIN_EVENT_SUSPENDED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY),
        (libvirt.VIR_DOMAIN_EVENT_RESUMED, libvirt.VIR_DOMAIN_EVENT_RESUMED_MIGRATED),
        (libvirt.VIR_DOMAIN_EVENT_RESUMED, libvirt.VIR_DOMAIN_EVENT_RESUMED_POSTCOPY),
        (libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_MIGRATED),
    }
)
_OTHER = "changed"
"""What an event of a later libvirt is called."""


class Event(Record):
    """Something happened to a domain, a network or this host's rules, or the connection is gone
    (`lost`)."""

    kind: Literal["domain", "network", "rules", "lost"]
    name: str | None
    """Of the domain or network."""
    what: str
    """started, stopped, defined, ..., device-added, device-removed, metadata."""
    uuid: str | None = None
    """Of the domain."""
    by_migration: bool = False
    """Whether that is what started, suspended, resumed or stopped it."""


class Sink(Protocol):
    """Where events go."""

    def put(self, event: Event, /) -> None:
        """One; from another thread."""


class Events:
    """The events of one connection, put into a queue until it is closed."""

    def __init__(self, host: Host, queue: Sink) -> None:
        """Register for them. Raises VnetError, ConnectionLostError among them."""
        self._queue = queue
        self._session = host._session  # noqa: SLF001 - of this package
        self._closed = False
        self._domain_ids: list[int] = []
        self._network_ids: list[int] = []
        conn = self._session.conn
        self._call(conn.registerCloseCallback, self._on_close, None)
        for event, callback in (
            (libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self._on_lifecycle),
            (libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, self._on_added),
            (libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, self._on_removed),
            (libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, self._on_metadata),
        ):
            with suppress(UnsupportedError):
                number = self._call(conn.domainEventRegisterAny, None, event, callback, None)
                self._domain_ids.append(number)
        with suppress(UnsupportedError):
            lifecycle, on_network = libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE, self._on_network
            number = self._call(conn.networkEventRegisterAny, None, lifecycle, on_network, None)
            self._network_ids.append(number)

    def _call(self, call: Callable[..., int], *args: object) -> int:
        return self._session.call("events", call, *args)

    def close(self) -> None:
        """Deliver no more, and let go of the connection, which may be gone."""
        self._closed = True
        conn, call = self._session.conn, self._session.call
        if call.abandoned:
            return  # a call may still be under way, in a daemon that hangs
        for number in self._domain_ids:
            with suppress(VnetError):
                call("events", conn.domainEventDeregisterAny, number)
        for number in self._network_ids:
            with suppress(VnetError):
                call("events", conn.networkEventDeregisterAny, number)
        with suppress(VnetError):
            call("events", conn.unregisterCloseCallback)

    def _put(self, kind: Literal["domain", "network", "lost"], name: str | None, what: str) -> None:
        if not self._closed:
            self._queue.put(Event(kind=kind, name=name, what=what))

    # In the loop's thread: nothing here may call libvirtd.

    def _on_close(self, conn: libvirt.virConnect, reason: int, opaque: None) -> None:
        del conn, opaque
        keepalive = reason == libvirt.VIR_CONNECT_CLOSE_REASON_KEEPALIVE
        self._put("lost", None, "it does not answer" if keepalive else "it was closed")

    def _on_lifecycle(
        self,
        conn: libvirt.virConnect,
        domain: libvirt.virDomain,
        event: int,
        detail: int,
        opaque: None,
    ) -> None:
        del conn, opaque
        if not self._closed:
            happened = Event(
                kind="domain",
                name=domain.name(),
                what=_DOMAIN.get(event, _OTHER),
                uuid=domain.UUIDString(),
                by_migration=(event, detail) in _BY_MIGRATION,
            )
            self._queue.put(happened)

    def _on_added(
        self, conn: libvirt.virConnect, domain: libvirt.virDomain, alias: str, opaque: None
    ) -> None:
        del conn, alias, opaque
        self._put("domain", domain.name(), "device-added")

    def _on_removed(
        self, conn: libvirt.virConnect, domain: libvirt.virDomain, alias: str, opaque: None
    ) -> None:
        del conn, alias, opaque
        self._put("domain", domain.name(), "device-removed")

    def _on_metadata(
        self,
        conn: libvirt.virConnect,
        domain: libvirt.virDomain,
        kind: int,
        uri: str | None,
        opaque: None,
    ) -> None:
        del conn, kind, uri, opaque
        self._put("domain", domain.name(), "metadata")

    def _on_network(
        self,
        conn: libvirt.virConnect,
        network: libvirt.virNetwork,
        event: int,
        detail: int,
        opaque: None,
    ) -> None:
        del conn, detail, opaque
        self._put("network", network.name(), _NETWORK.get(event, _OTHER))
