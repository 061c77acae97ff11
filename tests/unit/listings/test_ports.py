"""What is shown of running nics' ports."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.planner.overlays.builders import OWN, guest, host, overlay_nic, port
from vnetmgr.errors import VnetError
from vnetmgr.listings.ports import (
    is_bound,
    port_addresses,
    port_problem,
    unchecked_port,
    unseen_ports,
)
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed

LIVE = guest(overlay_nic(OWN), overlay_nic(OWN, target="vnet0"))
KEPT = port(up=True)


def with_ports(*ports: Any) -> Observed:
    return host(LIVE, ports=ports)


@pytest.mark.parametrize(
    ("ports", "bound", "problem"),
    [
        ((KEPT,), True, None),
        ((replace(KEPT, up=False),), False, "port not bound"),
        ((replace(KEPT, up=None),), None, None),
        ((), False, "no port in OVN"),
    ],
)
def test_whether_a_host_has_it(ports: tuple[Any, ...], *, bound: bool | None, problem: str) -> None:
    observed = with_ports(*ports)
    live = observed.domains[0].nics[0].live
    assert (is_bound(live, observed), port_problem(live, observed)) == (bound, problem)


def test_its_addresses_are_told_with_their_subnet_s_length() -> None:
    (found,) = port_addresses(with_ports(KEPT))
    assert (found.address, found.prefix, found.origin, found.network) == (
        "10.66.0.10",
        24,
        "port",
        "blue",
    )


def test_those_of_another_mac_are_not_its() -> None:
    from vnetmgr.model.values import Mac

    assert list(port_addresses(with_ports(replace(KEPT, mac=Mac("52:54:00:00:00:99"))))) == []


def test_what_could_not_be_asked_is_said_where_it_matters() -> None:
    unseen = {"northbound": None, "northbound_unseen": VnetError("no answer")}
    observed = replace(with_ports(), **unseen)
    assert unseen_ports(observed) == "ports on overlays not checked: no answer"
    live = observed.domains[0].nics[0].live
    assert is_bound(live, observed) is None
    assert unchecked_port(live, observed) == "port not checked"
    assert unseen_ports(replace(observed, domains=())) is None
    assert unseen_ports(with_ports()) is None
