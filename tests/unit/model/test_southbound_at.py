"""Where the southbound database is, where nobody says it."""

from __future__ import annotations

import pytest

from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.southbound import southbound_at

JOINED = Chassis(southbound="ssl:10.0.0.1:6642")
USUAL, BESIDE = "/run/ovn/ovnsb_db.sock", "/srv/ovn/ovnsb_db.sock"
TOLD = {"OVN_SB_DB": "tcp:10.0.0.9:6642"}
NORTH = "unix:/srv/ovn/ovnnb_db.sock"

CASES: dict[str, tuple[Chassis | None, str | None, dict[str, str], str | None]] = {
    "as this host's Open vSwitch has it": (JOINED, NORTH, TOLD, JOINED.southbound),
    "as OVN's programs are told": (Chassis(), NORTH, TOLD, TOLD["OVN_SB_DB"]),
    "of another host nothing is known": (None, NORTH, TOLD, TOLD["OVN_SB_DB"]),
    "beside the northbound one": (None, NORTH, {}, f"unix:{BESIDE}"),
    "where OVN has it": (None, None, {}, f"unix:{USUAL}"),
    "where OVN has it, with the northbound one anywhere here": (
        Chassis(),
        "unix:/srv/other",
        {},
        f"unix:{USUAL}",
    ),
    "where OVN is told to have it": (None, None, {"OVN_RUNDIR": "/srv/ovn"}, f"unix:{BESIDE}"),
    "nowhere there": (None, None, {"OVN_RUNDIR": "/nowhere"}, None),
    "not here, with the northbound one elsewhere": (Chassis(), "tcp:10.0.0.1:6641", {}, None),
}


@pytest.mark.parametrize(("chassis", "northbound", "environment", "at"), CASES.values(), ids=CASES)
def test_where_it_is(
    chassis: Chassis | None, northbound: str | None, environment: dict[str, str], at: str | None
) -> None:
    sockets = {USUAL, BESIDE}
    assert southbound_at(chassis, northbound, environment, sockets.__contains__) == at
