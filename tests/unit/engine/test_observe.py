"""What is looked at beside libvirt, and when."""

from __future__ import annotations

from typing import cast

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml, observed
from vnetmgr.engine.observe import observe
from vnetmgr.host.connect import Host
from vnetmgr.model.seen.observed import HostRoutes, Observed, Scope

MACVTAP = nic_xml(kind="direct", source="<source dev='eth0' mode='bridge'/>")
ROUTES = HostRoutes(default_links=("eth0",))


class Seen:
    """A host of which this is seen."""

    def __init__(self, nic: str, *, is_local: bool = True) -> None:
        self.is_local, self._nic = is_local, nic

    def observe(self, scope: Scope) -> Observed:
        del scope
        return observed(domain(domain_xml(self._nic)))


@pytest.mark.parametrize(
    ("host", "scope", "routes"),
    [
        (Seen(MACVTAP), Scope(routes_of_these=True), ROUTES),
        (Seen(nic_xml()), Scope(routes_of_these=True), None),
        (Seen(MACVTAP), Scope(), None),
        (Seen(nic_xml()), Scope(routes=True), ROUTES),
        (Seen(MACVTAP, is_local=False), Scope(routes_of_these=True), None),
    ],
)
def test_routes_are_read_where_a_nic_may_leave_their_link(
    host: Seen, scope: Scope, routes: HostRoutes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vnetmgr.local.routes.read_routes", lambda: ROUTES)
    assert observe(cast(Host, host), scope).routes == routes
