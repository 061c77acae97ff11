"""What is said of a host that OVN has, or has not."""

from __future__ import annotations

import pytest

from tests.unit.planner.chassis.test_plan_chassis import AT, JOINED, MINE
from vnetmgr.errors import VnetError
from vnetmgr.model.overlay.joining import ChassisWant, Joining
from vnetmgr.model.overlay.southbound import SeenChassis, Southbound
from vnetmgr.model.record import replace
from vnetmgr.planner.chassis.defaults import resolve
from vnetmgr.planner.chassis.registered import registration

WANT, _ = resolve(ChassisWant(), JOINED)


def known(*encaps: tuple[str, str]) -> Southbound:
    mine = SeenChassis(name="kvm1", hostname="kvm1", encaps=encaps)
    return Southbound(at=AT, chassis=(mine,) if encaps else ())


def test_a_host_that_ovn_has() -> None:
    found = registration(WANT, JOINED)
    assert (found.settled, found.error) == (True, None)
    assert found.note == f"OVN has the chassis kvm1: geneve at {MINE}"


def test_several_tunnels_in_any_order() -> None:
    want = replace(WANT, encap_type="geneve,vxlan")
    here = replace(JOINED, southbound=known(("vxlan", MINE), ("geneve", MINE)))
    assert registration(want, here).error is None
    assert registration(WANT, here).error is not None


def test_where_only_the_controller_tells() -> None:
    unseen = VnetError("it does not answer")
    found = registration(WANT, replace(JOINED, southbound=None, southbound_unseen=unseen))
    assert (found.settled, found.error) == (True, None)
    assert found.note is not None
    assert "not checked: it does not answer" in found.note


NOT_YET: dict[str, tuple[Joining, str, str]] = {
    "no controller": (
        replace(JOINED, controller=None),
        "ovn-controller does not run",
        "systemctl start ovn-controller",
    ),
    "no connection": (
        replace(JOINED, controller=False, southbound=known(("geneve", MINE))),
        f"not connected to the southbound database at {AT}",
        "set-connection",
    ),
    "no address": (
        replace(JOINED, controller=False, lost_hosts=("ovn",)),
        f"not connected to the southbound database at {AT}",
        "this host finds no address of ovn",
    ),
    "no key": (
        replace(
            JOINED,
            controller=False,
            southbound=None,
            known_southbound="ssl:10.0.0.1:6642",
        ),
        "ssl:10.0.0.1:6642",
        "--private-key",
    ),
    "not there": (
        replace(JOINED, southbound=known()),
        "OVN does not have it: chassis kvm1",
        "ovn-controller.log",
    ),
    "at another address": (
        replace(JOINED, southbound=known(("geneve", "10.0.0.99"))),
        "OVN has it otherwise: chassis kvm1",
        "ovn-controller.log",
    ),
    "no bridge": (
        replace(JOINED, bridge_fault="No such device"),
        "has not made the bridge br-int: No such device",
        "--datapath userspace",
    ),
}


@pytest.mark.parametrize("case", NOT_YET)
def test_what_is_waited_for(case: str) -> None:
    here, text, hint = NOT_YET[case]
    found = registration(resolve(ChassisWant(), here)[0], here)
    assert not found.settled
    assert found.note is None
    assert found.error is not None
    assert text in found.error.text
    assert hint in (found.error.hint or "")
