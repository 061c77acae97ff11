"""What makes a machine a chassis no more: who is in the way, what is written, and what stays."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.planner.chassis.test_plan_chassis import (
    AT,
    BARE,
    JOINED,
    MINE,
    fields,
    undone,
    writes,
)
from tests.unit.planner.overlays.builders import guest, network, overlay_nic, seen
from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import Mode
from vnetmgr.model.overlay.joining import ChassisWant, Joining, OwnAddress, SwitchBridge
from vnetmgr.model.overlay.southbound import SeenChassis, Southbound
from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import EVERY, Observed
from vnetmgr.model.writes import RemoveChassis, SetChassis
from vnetmgr.planner import make_plan, scope_of
from vnetmgr.planner.chassis.registered import departure

if TYPE_CHECKING:
    from vnetmgr.model.plan import Plan

LEAVE = ChassisWant(intent=Intent.REMOVE)
FORCED = replace(LEAVE, force=True)
ROW = SeenChassis(name="kvm1", hostname="kvm1", encaps=(("geneve", MINE),))
OTHERS = SeenChassis(name="kvm1", hostname="kvm1", encaps=(("geneve", "10.0.0.9"),))
GONE = replace(JOINED, ids={"system-id": "kvm1"}, southbound=Southbound(at=AT))
INT = SwitchBridge(datapath_type="netdev", fail_mode="secure", controllers=("ovn-kvm2-0",))
ENDS = ("ovn-encap-type", "ovn-encap-ip")


def plan(here: Joining, want: ChassisWant = LEAVE, **observed: Any) -> Plan:
    found = Observed(uri="qemu:///system", host="kvm1", joining=here, **observed)
    return make_plan(Desired(chassis=(want,)), found, Policy())


def refused(here: Joining, **observed: Any) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        plan(here, **observed)
    return caught.value


def bridges(*guests: str) -> dict[str, SwitchBridge]:
    return {**JOINED.bridges, "br-int": replace(INT, guests=guests)}


def test_a_host_leaves() -> None:
    made = plan(JOINED)
    (change,) = made.changes
    assert (change.action, change.object, change.name) == ("delete", "chassis", "kvm1")
    assert fields(made) == {
        "southbound": (AT, None),
        "encap_type": ("geneve", None),
        "encap_ip": (MINE, None),
        "bridge": ("br-int", None),
        "registered": (AT, None),
    }
    removal = RemoveChassis(at=AT, seen=ROW)
    gone = tuple((key, None) for key in ENDS)
    assert writes(made) == [
        SetChassis(ids=gone, bridge="br-int"),
        removal,
        SetChassis(ids=(("ovn-remote", None),), bridge="br-int", there=False),
        replace(removal, settles=True),
    ]
    back = (("ovn-encap-type", "geneve"), ("ovn-encap-ip", MINE))
    assert undone(made) == [
        SetChassis(ids=back, bridge="br-int"),
        SetChassis(
            ids=(("ovn-remote", AT),),
            bridge="br-int",
            there=True,
            datapath_type="system",
            fail_mode="secure",
        ),
    ]


def test_what_was_planned_is_what_is_looked_for_again() -> None:
    resolved = plan(JOINED).desired.chassis[0]
    assert resolved.southbound == AT  # which Open vSwitch does not say any more
    assert plan(GONE, resolved).steps == ()


@pytest.mark.parametrize(
    "here",
    [
        GONE,
        BARE,
        replace(BARE, southbound=None, southbound_unseen=VnetError("nobody answers")),
        replace(GONE, gateways=("vnetmgr-gateway-outside-blue",), bridges=bridges("vnet0")),
    ],
    ids=["left", "never joined", "and nobody tells", "somebody else's bridge"],
)
def test_a_host_that_is_in_no_ovn(here: Joining) -> None:
    made = plan(here)
    assert (made.steps, made.notes) == ((), ("this host is in no OVN",))


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ({"ovn-remote": AT}, ["ovn-remote"]),  # killed behind its first write
        ({"ovn-remote": AT, "ovn-remote-kvm1": "tcp:a:1"}, ["ovn-remote", "ovn-remote-kvm1"]),
        ({"ovn-remote-kvm2": AT, "ovn-encap-ip-kvm2": MINE}, []),  # of another chassis here
        ({"ovn-encap-csum": "false", "ovn-bridge-datapath-type": "netdev"}, []),
    ],
)
def test_which_settings_go(before: dict[str, str], kept: list[str]) -> None:
    made = plan(replace(GONE, ids=before))
    ids = [key for write in writes(made) for key, _ in write.ids]
    assert ids == kept
    if kept:
        assert [key for write in undone(made) for key, _ in write.ids] == kept


def test_a_setting_for_this_chassis_alone_is_the_one_that_is_shown() -> None:
    made = plan(replace(JOINED, ids={**JOINED.ids, "ovn-remote-kvm1": "tcp:a:1"}))
    assert fields(made)["southbound"] == ("tcp:a:1", None)


def test_what_a_host_has_left_behind_goes() -> None:
    """Settings that somebody has taken away by hand, and a chassis that has nobody any more."""
    made = plan(replace(GONE, southbound=JOINED.southbound))
    assert fields(made) == {"bridge": ("br-int", None), "registered": (AT, None)}
    assert [each for each in writes(made) if isinstance(each, RemoveChassis)] == [
        RemoveChassis(at=AT, seen=ROW),
        RemoveChassis(at=AT, seen=ROW, settles=True),
    ]


@pytest.mark.parametrize("here", [JOINED, GONE])
def test_the_chassis_of_another_host_is_left_alone(here: Joining) -> None:
    """The copy of a host's disk has its names."""
    made = plan(replace(here, southbound=Southbound(at=AT, chassis=(OTHERS,))))
    assert not any(isinstance(write, RemoveChassis) for write in writes(made))
    assert any("10.0.0.9); it is left alone" in note for note in made.notes)
    assert bool(made.steps) is (here is JOINED)


def test_where_the_database_does_not_answer() -> None:
    silent = VnetError("OVN's southbound database at tcp:x does not answer")
    made = plan(replace(JOINED, southbound=None, southbound_unseen=silent))
    assert [type(write) for write in writes(made)] == [SetChassis]
    assert {key for key, _ in writes(made)[0].ids} == {"ovn-remote", *ENDS}
    assert made.notes[0] == (
        f"{silent.text}: whether this host is the way out of overlays is not checked"
    )


def test_with_its_key() -> None:
    tls = TlsFiles("/k", "/c", "/ca")
    found = writes(plan(replace(JOINED, tls=tls)))
    assert [each.tls for each in found if isinstance(each, RemoveChassis)] == [tls, tls]


def test_what_stays_is_said() -> None:
    assert plan(JOINED).notes == (
        "bridge mappings stay, and mean nothing meanwhile: physnet:br-ex",
        "br-int is made again by ovn-controller, empty, as long as that runs",
    )
    bare = replace(JOINED, chassis=replace(JOINED.chassis, bridge_mappings=()), controller=None)
    assert plan(bare).notes == ()


# Who is in the way

GATEWAYS = ("vnetmgr-gateway-outside-blue", "vnetmgr-gateway-outside-a b")
ON_INT = seen(network("lan"))


def test_guests_on_its_bridge() -> None:
    here = replace(JOINED, bridges=bridges("vnet0", "veth7"))
    nic = overlay_nic("id", target="vnet0")
    error = refused(here, domains=(guest(nic, nic),))
    assert error.text == "host kvm1 has guests on br-int: vm1/lan, port veth7"
    assert error.hint is not None
    assert error.hint.endswith("; or --force to go on")
    assert error.exit_code == 4


def test_what_is_on_other_bridges_is_no_obstacle() -> None:
    here = replace(JOINED, bridges={**JOINED.bridges, "br-ex": SwitchBridge(guests=("vnet0",))})
    assert plan(here).steps


def test_networks_on_its_bridge() -> None:
    assert "has networks on br-int: lan" in refused(JOINED, networks=(ON_INT,)).text


def test_the_way_out_of_overlays() -> None:
    error = refused(replace(JOINED, gateways=(*GATEWAYS, "lrp-of-somebody")))
    assert error.text == (
        "host kvm1 is an external host of the networks blue, a b, and has ports of OVN's routers "
        "that are not vnetmgr's: lrp-of-somebody"
    )
    way = "vnetmgr update-network blue --external-host OTHER_HOST, on a host that has it"
    assert way in (error.hint or "")


def test_a_guest_that_would_start_there() -> None:
    domain = guest(overlay_nic("id"))
    (nic,) = domain.nics
    assert nic.config is not None
    source = replace(nic.config.source, mode=Mode.BRIDGE, name="br-int")
    nic = replace(nic, config=replace(nic.config, source=source))
    error = refused(JOINED, domains=(replace(domain, nics=(nic,)),))
    assert "has guests that start on br-int: vm1/" in error.text


def test_by_force_it_is_said_what_comes_of_it() -> None:
    here = replace(JOINED, bridges=bridges("vnet0"), gateways=GATEWAYS)
    made = plan(here, FORCED, networks=(ON_INT,))
    assert made.notes == (
        "cut off until this host joins again: port vnet0",
        "these networks lead nowhere until this host joins again: lan",
        "this host is the way out no more of the networks blue, a b",
        "bridge mappings stay, and mean nothing meanwhile: physnet:br-ex",
        "br-int stays: vnet0",
    )
    assert "bridge" not in fields(made)
    last = writes(made)[2]
    assert (last.there, last.unplug) == (None, ("ovn-kvm2-0",))


def test_a_bridge_that_the_host_itself_uses_stays() -> None:
    address = OwnAddress(ip_address("10.9.9.1"), "br-int")
    made = plan(replace(JOINED, addresses=(*JOINED.addresses, address)))
    assert "br-int stays: the address 10.9.9.1" in made.notes
    assert "bridge" not in fields(made)


def test_the_ways_to_its_bridge_go_from_other_bridges() -> None:
    """Those of another ovn-controller on this machine lead elsewhere."""
    ports = ("patch-a-to-br-int", "patch-a-to-br-int2")
    ex = SwitchBridge(guests=("eth1",), controllers=ports)
    made = plan(replace(JOINED, bridges={**JOINED.bridges, "br-ex": ex}))
    assert writes(made)[2].unplug == ("patch-a-to-br-int",)


def test_all_guests_and_networks_are_looked_at() -> None:
    scope = scope_of(Desired(chassis=(LEAVE,)))
    assert (scope.all_domains, scope.networks) == (True, (EVERY,))
    joining = scope_of(Desired(chassis=(ChassisWant(),)))
    assert (joining.all_domains, joining.networks) == (False, ())


@pytest.mark.parametrize(
    ("here", "text"),
    [
        (GONE, "OVN has no chassis kvm1"),
        (
            replace(GONE, southbound=Southbound(at=AT, chassis=(OTHERS,))),
            "OVN has another chassis kvm1",
        ),
        (
            replace(GONE, southbound=None),
            "whether OVN still has the chassis kvm1 is not checked; where its database is: "
            f"ovn-sbctl --db={AT} chassis-del kvm1",
        ),
    ],
)
def test_what_is_read_back(here: Joining, text: str) -> None:
    assert departure(replace(LEAVE, southbound=AT), here) == text
