"""What is looked at beside libvirt, and when."""

from __future__ import annotations

from typing import cast

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml, observed
from vnetmgr.engine.observe import observe
from vnetmgr.host.connect import Host
from vnetmgr.model.seen.observed import Features, HostRoutes, Observed, Scope

MACVTAP = nic_xml(kind="direct", source="<source dev='eth0' mode='bridge'/>")
ROUTES = HostRoutes(default_links=("eth0",))


class Seen:
    """A host of which this is seen."""

    def __init__(
        self, nic: str, *, is_local: bool = True, features: Features | None = None
    ) -> None:
        self.is_local, self._nic, self._features = is_local, nic, features

    def observe(self, scope: Scope) -> Observed:
        del scope
        return observed(domain(domain_xml(self._nic)), features=self._features)


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


@pytest.mark.parametrize(
    ("scope", "is_local", "there", "able"),
    [
        (Scope(resolver=True), True, True, True),
        (Scope(resolver=True), True, False, False),
        (Scope(resolver=True), False, False, True),  # nobody can see it from here
        (Scope(), True, False, True),
    ],
)
def test_libvirt_tells_a_resolver_that_is_there(
    scope: Scope,
    is_local: bool,  # noqa: FBT001
    there: bool,  # noqa: FBT001
    able: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vnetmgr.local.services.has_resolved", lambda: there)
    host = Seen(nic_xml(), is_local=is_local, features=Features(register_names=True))
    assert observe(cast(Host, host), scope).features.register_names is able
