"""What makes a machine a chassis of OVN: from what it is to what is written."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from vnetmgr.errors import RefusedError, UsageError, VnetError
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.joining import ChassisWant, Joining, OwnAddress, SwitchBridge
from vnetmgr.model.overlay.southbound import SeenChassis, Southbound
from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.writes import KeepChassisName, SetChassis
from vnetmgr.planner import make_plan

if TYPE_CHECKING:
    from vnetmgr.model.plan import Plan

AT = "tcp:10.0.0.1:6642"
MINE, OTHER = "10.0.0.2", "10.0.0.3"
ADDRESSES = (
    OwnAddress(ip_address("127.0.0.1"), "lo", is_global=False),
    OwnAddress(ip_address("fe80::1"), "eth0", is_global=False),
    OwnAddress(ip_address(MINE), "eth0"),
    OwnAddress(ip_address("192.168.122.1"), "virbr0"),
)
BARE = Joining(
    hostname="kvm1",
    keeps_id=True,
    addresses=ADDRESSES,
    source=ip_address(MINE),
    bridges={"br-ex": SwitchBridge()},
    southbound=Southbound(at=AT),
)
JOINED = replace(
    BARE,
    chassis=Chassis(
        system_id="kvm1",
        southbound=AT,
        encap_type="geneve",
        encap_ip=MINE,
        userspace=False,
        bridge_mappings=(("physnet", "br-ex"),),
    ),
    known_southbound=AT,
    kept_id="kvm1",
    ids={
        "system-id": "kvm1",
        "ovn-remote": AT,
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": MINE,
        "hostname": "kvm1",
    },
    bridges={
        "br-ex": SwitchBridge(),
        "br-int": SwitchBridge(datapath_type="system", fail_mode="secure"),
    },
    controller=True,
    southbound=Southbound(
        at=AT,
        chassis=(
            SeenChassis(name="kvm1", hostname="kvm1", encaps=(("geneve", MINE),)),
            SeenChassis(name="kvm2", hostname="kvm2", encaps=(("geneve", OTHER),)),
        ),
    ),
)


def plan(want: ChassisWant, here: Joining) -> Plan:
    observed = Observed(uri="qemu:///system", host="kvm1", joining=here)
    return make_plan(Desired(chassis=(want,)), observed, Policy())


def fields(made: Plan) -> dict[str, tuple[str | None, str | None]]:
    return {
        field.field: (field.before, field.after)
        for change in made.changes
        for field in change.fields
    }


def writes(made: Plan) -> list[Any]:
    return [op.do for step in made.steps for op in step.ops]


def undone(made: Plan) -> list[Any]:
    return [write for step in made.steps for op in step.ops for write in op.undo]


def test_a_bare_host() -> None:
    made = plan(ChassisWant(southbound=AT), BARE)
    (change,) = made.changes
    assert (change.action, change.object, change.name) == ("create", "chassis", "kvm1")
    assert fields(made) == {
        "system_id": (None, "kvm1"),
        "southbound": (None, AT),
        "encap_type": (None, "geneve"),
        "encap_ip": (None, MINE),
        "bridge": (None, "br-int"),
        "fail_mode": (None, "secure"),
        "datapath": (None, "kernel"),
        "system_id_at_start": (None, "kvm1"),
    }
    ids = {
        "system-id": "kvm1",
        "ovn-remote": AT,
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": MINE,
    }
    assert writes(made) == [
        KeepChassisName(name="kvm1"),
        SetChassis(
            ids=tuple(ids.items()),
            bridge="br-int",
            there=True,
            datapath_type="system",
            fail_mode="secure",
        ),
    ]
    assert undone(made) == [
        KeepChassisName(name=None),
        SetChassis(ids=tuple((key, None) for key in ids), bridge="br-int", there=False),
    ]


@pytest.mark.parametrize(
    "want",
    [
        ChassisWant(),
        ChassisWant(
            southbound=AT,
            encap_ip=ip_address(MINE),
            encap_type="geneve",
            system_id="kvm1",
            datapath="kernel",
            bridge_mappings=(("physnet", "br-ex"), ("gone", None)),
        ),
    ],
    ids=["nothing said", "all said"],
)
def test_a_host_that_is_as_wanted(want: ChassisWant) -> None:
    made = plan(want, JOINED)
    assert (made.steps, made.notes) == ((), ())


def test_what_is_planned_is_what_is_looked_for_again() -> None:
    """To verify it, what was resolved is planned again, over what is there then."""
    made = plan(ChassisWant(southbound=AT), BARE)
    assert plan(made.desired.chassis[0], JOINED).steps == ()


CHANGES: dict[str, tuple[ChassisWant, Joining, SetChassis, SetChassis]] = {
    "one mapping comes, others stay": (
        ChassisWant(bridge_mappings=(("more", "br-ex"),)),
        JOINED,
        SetChassis(ids=(("ovn-bridge-mappings", "more:br-ex,physnet:br-ex"),), bridge="br-int"),
        SetChassis(ids=(("ovn-bridge-mappings", "physnet:br-ex"),), bridge="br-int"),
    ),
    "the last mapping goes": (
        ChassisWant(bridge_mappings=(("physnet", None),)),
        JOINED,
        SetChassis(ids=(("ovn-bridge-mappings", None),), bridge="br-int"),
        SetChassis(ids=(("ovn-bridge-mappings", "physnet:br-ex"),), bridge="br-int"),
    ),
    "packets in userspace": (
        ChassisWant(datapath="userspace"),
        JOINED,
        SetChassis(
            ids=(("ovn-bridge-datapath-type", "netdev"),),
            bridge="br-int",
            datapath_type="netdev",
        ),
        SetChassis(
            ids=(("ovn-bridge-datapath-type", None),), bridge="br-int", datapath_type="system"
        ),
    ),
    "a key": (
        ChassisWant(tls=TlsFiles("/k", "/c", "/ca")),
        JOINED,
        SetChassis(ids=(), bridge="br-int", tls=("/k", "/c", "/ca")),
        SetChassis(ids=(), bridge="br-int", tls=()),
    ),
    "another key": (
        ChassisWant(tls=TlsFiles("/k", "/c", "/ca")),
        replace(JOINED, tls=TlsFiles("/old", "/c", "/ca")),
        SetChassis(ids=(), bridge="br-int", tls=("/k", "/c", "/ca")),
        SetChassis(ids=(), bridge="br-int", tls=("/old", "/c", "/ca")),
    ),
    "what counts for this chassis alone": (
        ChassisWant(southbound="tcp:10.0.0.9:6642"),
        replace(JOINED, ids={**JOINED.ids, "ovn-remote-kvm1": AT}),
        SetChassis(ids=(("ovn-remote-kvm1", "tcp:10.0.0.9:6642"),), bridge="br-int"),
        SetChassis(ids=(("ovn-remote-kvm1", AT),), bridge="br-int"),
    ),
    "a bridge that lets packets through by itself": (
        ChassisWant(),
        replace(JOINED, bridges={"br-int": SwitchBridge(datapath_type="", fail_mode=None)}),
        SetChassis(ids=(), bridge="br-int", fail_mode="secure"),
        SetChassis(ids=(), bridge="br-int", fail_mode=""),
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_written_and_how_it_is_taken_back(case: str) -> None:
    want, here, do, undo = CHANGES[case]
    made = plan(want, here)
    assert (writes(made), undone(made)) == ([do], [undo])


def test_a_name_that_would_not_outlive_a_start_of_the_switch() -> None:
    made = plan(ChassisWant(), replace(JOINED, kept_id="5f0c9aa0"))
    assert fields(made) == {"system_id_at_start": ("5f0c9aa0", "kvm1")}
    assert writes(made) == [KeepChassisName(name="kvm1")]
    assert undone(made) == [KeepChassisName(name="5f0c9aa0")]


DEFAULTS: dict[str, tuple[Joining, dict[str, object]]] = {
    "the name of the switch's own start": (
        replace(BARE, kept_id="5f0c9aa0"),
        {"system_id": "5f0c9aa0"},
    ),
    "a name that a package has made up": (
        replace(
            BARE,
            chassis=Chassis(system_id="0d7ac1ab-52a1-4c3e-93d5-5b9ad84bf2a0"),
            kept_id="0d7ac1ab-52a1-4c3e-93d5-5b9ad84bf2a0",
        ),
        {"system_id": "kvm1"},
    ),
    "the same of a host that has no name": (
        replace(BARE, hostname="localhost", kept_id="0d7ac1ab-52a1-4c3e-93d5-5b9ad84bf2a0"),
        {"system_id": "0d7ac1ab-52a1-4c3e-93d5-5b9ad84bf2a0"},
    ),
    "the same that OVN knows the host by": (
        replace(
            JOINED,
            chassis=replace(JOINED.chassis, system_id="0d7ac1ab-52a1-4c3e-93d5-5b9ad84bf2a0"),
            southbound=None,
        ),
        {"system_id": "0d7ac1ab-52a1-4c3e-93d5-5b9ad84bf2a0"},
    ),
    "OVN's file before all": (
        replace(
            JOINED,
            override="odd",
            chassis=replace(JOINED.chassis, system_id="odd"),
            southbound=None,
        ),
        {"system_id": "odd"},
    ),
    "the database that OVN's programs take": (
        replace(BARE, known_southbound="unix:/run/ovn/ovnsb_db.sock"),
        {"southbound": "unix:/run/ovn/ovnsb_db.sock"},
    ),
    "the only address": (
        replace(BARE, source=None, addresses=ADDRESSES[:3], known_southbound=AT),
        {"encap_ip": ip_address(MINE)},
    ),
    "a kernel that cannot": (
        replace(BARE, kernel_datapath=False, known_southbound=AT),
        {"datapath": "userspace"},
    ),
    "a bridge that OVN is to make so": (
        replace(BARE, datapath_setting="netdev", known_southbound=AT),
        {"datapath": "userspace"},
    ),
    "several addresses are somebody's who knows": (
        replace(JOINED, chassis=replace(JOINED.chassis, encap_ip=f"{MINE},10.9.9.9")),
        {"encap_ip": None},
    ),
}


@pytest.mark.parametrize("case", DEFAULTS)
def test_what_is_chosen_where_nothing_is_said(case: str) -> None:
    here, expected = DEFAULTS[case]
    southbound = None if here.known_southbound else AT
    (want,) = plan(ChassisWant(southbound=southbound), here).desired.chassis
    assert {name: getattr(want, name) for name in expected} == expected


REFUSED: dict[str, tuple[ChassisWant, Joining, type[VnetError], str, str]] = {
    "no database": (ChassisWant(), BARE, UsageError, "southbound database", "--southbound"),
    "a host that nobody finds": (
        ChassisWant(southbound="tcp:ovn:6642"),
        replace(BARE, source=None, lost_hosts=("ovn",)),
        RefusedError,
        "not at tcp:ovn:6642: this host finds no address of ovn",
        "getent hosts ovn",
    ),
    "a place that is none, of the environment": (
        ChassisWant(),
        replace(BARE, known_southbound="tcp:ovn"),
        UsageError,
        "OVN_SB_DB: 'tcp:ovn': tcp: takes a host and a port",
        "--southbound",
    ),
    "no way to tell which address": (
        ChassisWant(southbound=AT),
        replace(BARE, source=None),
        UsageError,
        "addresses",
        f"{MINE}, 192.168.122.1",
    ),
    "no address at all": (
        ChassisWant(southbound=AT),
        replace(BARE, source=None, addresses=ADDRESSES[:2]),
        UsageError,
        "addresses",
        "none yet",
    ),
    "somebody else's address": (
        ChassisWant(southbound=AT, encap_ip=ip_address("10.9.9.9")),
        BARE,
        RefusedError,
        "does not have the address 10.9.9.9",
        MINE,
    ),
    "loopback": (
        ChassisWant(southbound=AT, encap_ip=ip_address("127.0.0.1")),
        BARE,
        RefusedError,
        "no address that another host reaches",
        MINE,
    ),
    "link-local": (
        ChassisWant(southbound=AT, encap_ip=ip_address("fe80::1")),
        BARE,
        RefusedError,
        "beyond its link",
        MINE,
    ),
    "an address that was lost": (
        ChassisWant(),
        replace(JOINED, chassis=replace(JOINED.chassis, encap_ip="10.0.0.77")),
        RefusedError,
        "10.0.0.77",
        "--encap-ip",
    ),
    "another name while guests are bound": (
        ChassisWant(system_id="new"),
        JOINED,
        RefusedError,
        "chassis kvm1 already",
        "systemctl stop ovn-controller",
    ),
    "a name that OVN's file has otherwise": (
        ChassisWant(system_id="new"),
        replace(JOINED, override="kvm1", controller=None),
        RefusedError,
        "system-id-override",
        "leave --system-id out",
    ),
    "another host's name": (
        ChassisWant(southbound=AT, system_id="kvm2"),
        replace(JOINED, chassis=Chassis(), controller=None),
        RefusedError,
        "chassis kvm2 is another host: kvm2 (10.0.0.3)",
        "chassis-del kvm2",
    ),
    "the copy of a host's disk": (
        ChassisWant(encap_ip=ip_address(MINE)),
        replace(
            JOINED,
            hostname="copy",
            southbound=Southbound(
                at=AT,
                chassis=(SeenChassis(name="kvm1", hostname="kvm1", encaps=(("geneve", OTHER),)),),
            ),
        ),
        RefusedError,
        "chassis kvm1 is another host",
        "--system-id NAME",
    ),
    "another host's address": (
        ChassisWant(southbound=AT),
        replace(
            BARE,
            southbound=Southbound(
                at=AT,
                chassis=(SeenChassis(name="a b;c", hostname="kvm9", encaps=(("geneve", MINE),)),),
            ),
        ),
        RefusedError,
        f"of kvm9 has the address {MINE}",
        "chassis-del 'a b;c'",
    ),
    "a link of the bridge's name": (
        ChassisWant(southbound=AT),
        replace(BARE, taken=True),
        RefusedError,
        "br-int is a link",
        "ip link delete br-int",
    ),
    "guests on a bridge that changes": (
        ChassisWant(datapath="userspace"),
        replace(JOINED, bridges={"br-int": SwitchBridge(fail_mode="secure", guests=("vnet0",))}),
        RefusedError,
        "vnet0",
        "stop these guests",
    ),
    "a bridge that is not there": (
        ChassisWant(bridge_mappings=(("physnet", "br-no"),)),
        JOINED,
        RefusedError,
        "no bridge br-no",
        "there are: br-ex; make it first: ovs-vsctl add-br br-no",
    ),
    "guests' own bridge": (
        ChassisWant(bridge_mappings=(("physnet", "br-int"),)),
        JOINED,
        RefusedError,
        "leads to no physical network",
        "card",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    want, here, kind, text, hint = REFUSED[case]
    with pytest.raises(kind) as caught:
        plan(want, here)
    assert text in caught.value.text
    assert hint in (caught.value.hint or "")


def test_a_name_that_is_set_already_is_in_nobodys_way() -> None:
    """DNS may be down now; ovn-controller asks again."""
    here = replace(JOINED, lost_hosts=("ovn",))
    assert plan(ChassisWant(southbound=AT), here).changes == ()
    assert fields(plan(ChassisWant(bridge_mappings=(("physnet", None),)), here))


def test_a_host_that_has_another_address_by_now_is_the_same() -> None:
    known = JOINED.southbound
    assert known is not None
    mine = SeenChassis(name="kvm1", hostname="kvm1", encaps=(("geneve", "10.0.0.99"),))
    here = replace(JOINED, southbound=replace(known, chassis=(mine, known.chassis[1])))
    made = plan(ChassisWant(encap_ip=ip_address("192.168.122.1")), here)
    assert fields(made) == {"encap_ip": (MINE, "192.168.122.1")}


def test_what_is_not_checked_is_said() -> None:
    here = replace(JOINED, southbound=None, southbound_unseen=VnetError("it does not answer"))
    (note,) = plan(ChassisWant(), here).notes
    assert note.startswith("it does not answer")
    assert "not checked" in note


def test_hosts_without_a_tunnel_between_them_are_named() -> None:
    (note,) = plan(ChassisWant(encap_type="vxlan"), JOINED).notes
    assert "chassis kvm2 has tunnels of geneve alone" in note


def test_a_machine_that_cannot_be_seen() -> None:
    unseen = RefusedError("over there", "run it there")
    observed = Observed(uri="qemu+tcp://kvm2/system", host="kvm2", joining_unseen=unseen)
    with pytest.raises(RefusedError, match="over there"):
        make_plan(Desired(chassis=(ChassisWant(southbound=AT),)), observed, Policy())
