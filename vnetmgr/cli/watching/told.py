"""watch for another vnetmgr, which keeps several hosts: it tells the spec and where the domains
are, and is told, a document a line, what is done here and which domains this host has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.plan import Report
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import Signals

    from vnetmgr.errors import LeftOutError, VnetError
    from vnetmgr.host.connect import Host
    from vnetmgr.model.desired import Policy
    from vnetmgr.model.rows.domains import DomainListing
    from vnetmgr.runtime.session import Session
    from vnetmgr.watch.orders import Orders


def watch_as_told(
    open_host: Callable[[], Host],
    session: Session,
    orders: Orders,
    policy: Policy,
    *,
    interval_s: float,
) -> Signals:
    """Keep this host until a signal ends it: that signal. Raises VnetError when libvirt is lost:
    who asks tries again."""
    from vnetmgr.watch import watch

    def follow(reread: Callable[[], None]) -> None:
        def hear(told: dict[str, object]) -> None:
            if not told.keys().isdisjoint(("files", "placed")):
                orders.tell(told)
                reread()

        session.heard_by(hear)

    say = _Telling()
    return watch(
        open_host, orders, policy, say, interval_s=interval_s, tries_again=False, follow=follow
    )


class _Telling:
    """Everything as documents."""

    def __init__(self) -> None:
        self._name = ""
        self._domains: DomainListing | None = None

    def began(self, host: Host) -> None:
        """Nothing is done yet."""
        self._name = host.name

    def report(self, report: Report) -> None:
        """What was done."""
        from datetime import datetime

        from vnetmgr.render.documents.changes import REPORT, ShownReport

        now = datetime.now().astimezone().isoformat(timespec="seconds")
        console.out_next_data(REPORT.whole(ShownReport(report, now)))

    def error(self, error: VnetError) -> None:
        """What failed."""
        self.report(Report(host=self._name, errors=(error,)))

    def note(self, text: str) -> None:
        """Something to know."""
        self.report(Report(host=self._name, notes=(text,)))

    def reread(self) -> None:
        """Who told it knows."""

    def left_out(self, error: LeftOutError) -> None:
        """What is wrong in the spec, for a vnetmgr of this version."""
        self.error(error)

    def domains(self, host: Host) -> None:
        """Which domains there are, where that is news."""
        from vnetmgr.listings.domains import list_domains
        from vnetmgr.render.documents.domains import DOMAINS

        found = list_domains(host, ())
        if found != self._domains:
            self._domains = found
            console.out_next_data(DOMAINS.whole(found))
