"""Settings of a network by their paths: what is planned of them, and what is refused."""

from __future__ import annotations

import pytest

from tests.unit.planner.networks.builders import host, lab
from tests.unit.planner.networks.test_checks import empty
from vnetmgr.api.network_wants import network_creation, network_update
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.model.desired import Policy
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features, Observed
from vnetmgr.model.state import State
from vnetmgr.model.writes import DefineNetwork, UpdateNetwork
from vnetmgr.planner import make_plan

NAT = (
    "<network ipv6='yes'><name>lab</name><forward mode='nat'/><bridge name='virbr7'/>"
    "<mac address='52:54:00:00:00:77'/><ip address='10.0.0.1' prefix='24'>"
    "<dhcp><host mac='52:54:00:00:00:07' ip='10.0.0.7'/></dhcp></ip>"
    "<portgroup name='guests'/></network>"
)
WIDE = NAT.replace("prefix='24'", "prefix='20'")
OVS = (
    "<network><name>lab</name><forward mode='bridge'/><bridge name='ovs0'/>"
    "<virtualport type='openvswitch'/></network>"
)
PLAIN = OVS.replace("<virtualport type='openvswitch'/>", "")
LEASE = "ip[10.0.0.0/24].dhcp.host[10.0.0.7].lease"
PORT = "virtualport.parameters"
NEW = Features(network_titles=True)


def seen(xml: str, *, running: bool = False, features: Features = NEW) -> Observed:
    return replace(host(lab(xml, xml if running else None)), features=features)


def update(observed: Observed, *extra: str, restart: bool = True, **values: str) -> list[object]:
    desired = network_update(
        "lab",
        {**values, "extra": list(extra)},
        removed_portgroups=(),
        autostart=None,
        renew=False,
        states=frozenset(),
    )
    policy = Policy(allow=frozenset({"restart"} if restart else ()))
    plan = make_plan(desired, observed, policy)
    return [op.do for step in plan.steps for op in step.ops]


@pytest.mark.parametrize(
    ("given", "after"),
    [
        (("title=Lab",), {"ipv6": "yes", "title": "Lab"}),
        (("ipv6=none", "title=Lab"), {"title": "Lab"}),
        (("none",), {}),
        (
            ("portgroup[guests].trustGuestRxFilters=yes",),
            {"ipv6": "yes", "portgroup[guests].trustGuestRxFilters": "yes"},
        ),
        (
            (f"{LEASE}.expiry=2", f"{LEASE}.unit=hours"),
            {"ipv6": "yes", f"{LEASE}.expiry": "2", f"{LEASE}.unit": "hours"},
        ),
    ],
)
def test_a_command_names_what_changes(given: tuple[str, ...], after: dict[str, str]) -> None:
    (write,) = update(seen(NAT), *given)
    assert isinstance(write, DefineNetwork)
    assert dict(read_network(write.xml).extra) == after


@pytest.mark.parametrize(
    "given",
    [
        ("ipv6=yes",),
        ("title=none",),
        ("mac.address=52:54:00:00:00:77",),
        ("ipv6=yes", "title=none"),
    ],
)
def test_what_is_so_is_no_change(given: tuple[str, ...]) -> None:
    assert update(seen(NAT, running=True), *given, restart=False) == []


def test_a_running_network_takes_those_of_its_portgroups() -> None:
    given = "portgroup[guests].trustGuestRxFilters=yes"
    assert update(seen(NAT, running=True), given, restart=False) == [
        UpdateNetwork(
            network="lab",
            command="modify",
            section="portgroup",
            xml='<portgroup name="guests" trustGuestRxFilters="yes"/>',
            index=-1,
            states=frozenset(State),
        )
    ]
    with pytest.raises(VnetError, match="needs a restart"):
        update(seen(NAT, running=True), given, "ipv6=none", restart=False)


def test_a_running_network_takes_a_lease_of_a_reservation() -> None:
    long = NAT.replace("ip='10.0.0.7'/>", "ip='10.0.0.7'><lease expiry='1' unit='hours'/></host>")
    cases = [
        (NAT, f"{LEASE}.expiry=5", '<lease expiry="5"/>'),
        (long, f"{LEASE}.expiry=5", '<lease expiry="5" unit="hours"/>'),
        (long, f"{LEASE}.unit=minutes", None),  # of 1: too short
    ]
    for xml, given, lease in cases:
        if lease is None:
            with pytest.raises(VnetError, match="at least"):
                update(seen(xml, running=True), given, restart=False)
            continue
        (call,) = update(seen(xml, running=True), given, restart=False)
        assert isinstance(call, UpdateNetwork)
        assert (call.command, call.section) == ("modify", "ip-dhcp-host")
        assert lease in call.xml
    (call,) = update(seen(long, running=True), f"{LEASE}.expiry=none", restart=False)
    assert isinstance(call, UpdateNetwork)
    assert "lease" not in call.xml


def test_a_bridge_gets_the_mac_that_is_asked_for() -> None:
    (write,) = update(seen(NAT), "mac.address=52:54:00:00:00:78")
    assert isinstance(write, DefineNetwork)
    assert read_network(write.xml).mac == "52:54:00:00:00:78"


def test_a_new_network_has_them() -> None:
    values = {"extra": ["ipv6=yes", "portgroup[p].trustGuestRxFilters=no"], "portgroup": ["p"]}
    desired = network_creation("new", values, autostart=None, start=True, template=None)
    write = make_plan(desired, empty(), Policy()).steps[0].ops[0].do
    assert isinstance(write, DefineNetwork)
    made = read_network(write.xml)
    assert dict(made.extra) == {"ipv6": "yes", "portgroup[p].trustGuestRxFilters": "no"}


def test_a_pool_lists_the_functions_of_cards() -> None:
    listed = {f"forward.address[0000:03:10.{n}].type": "pci" for n in (1, 3)}
    values = {"mode": "hostdev", "extra": [f"{path}={value}" for path, value in listed.items()]}
    desired = network_creation("new", values, autostart=None, start=True, template=None)
    write = make_plan(desired, empty(), Policy()).steps[0].ops[0].do
    assert isinstance(write, DefineNetwork)
    made = read_network(write.xml)
    assert (made.pf, dict(made.extra)) == (None, listed)
    taken = update(seen(write.xml), "forward.address[0000:03:10.1].type=none")[0]
    assert isinstance(taken, DefineNetwork)
    assert dict(read_network(taken.xml).extra) == {"forward.address[0000:03:10.3].type": "pci"}
    values["pf"] = "ens1"
    both = network_creation("new", values, autostart=None, start=True, template=None)
    with pytest.raises(VnetError, match="hands out all functions of ens1, and lists none"):
        make_plan(both, empty(), Policy())


@pytest.mark.parametrize(
    ("xml", "given", "says"),
    [
        (
            NAT,
            "portgroup[gests].trustGuestRxFilters=yes",
            "no portgroup gests. Did you mean guests",
        ),
        (NAT, "ip[10.0.1.0/24].localPtr=yes", "the network has no subnet 10.0.1.0/24"),
        (
            NAT,
            "ip[10.0.0.0/24].dhcp.host[10.0.0.8].lease.expiry=5",
            "10.0.0.8 is not reserved in 10.0.0.0/24; first reserve-address lab",
        ),
        (WIDE, "ip[10.0.0.0/20].localPtr=yes", "no zone of reverse lookups for a /20"),
        (NAT, f"{LEASE}.unit=hours", "a unit is that of an expiry"),
        (NAT, f"{LEASE}.expiry=1", "libvirt takes 120 seconds at least"),
        (NAT, "forward.driver.name=vfio", "forward.driver.name: a nat network has none"),
        (NAT, "mac.address=none", "mac.address cannot be cleared"),
        (OVS, "ipv6=yes", "ipv6: a bridge network has none"),
        (OVS, f"{PORT}.managerid=1", "type openvswitch has interfaceid and profileid alone"),
        (OVS.replace("openvswitch", "802.1Qbh"), f"{PORT}.typeid=1", "has profileid alone"),
        (
            OVS.replace("<virtualport type='openvswitch'/>", ""),
            f"{PORT}.typeid=1",
            "has no --virtualport",
        ),
    ],
)
def test_what_has_no_place_or_is_no_setting_of_it(xml: str, given: str, says: str) -> None:
    with pytest.raises(VnetError) as caught:
        update(seen(xml), given)
    assert says in str(caught.value)
    assert "--extra" in str(caught.value)


def test_what_an_older_libvirt_drops_is_refused() -> None:
    with pytest.raises(VnetError, match=r"title: this libvirt drops it; it takes 9\.7"):
        update(seen(NAT, features=Features()), "title=Lab")


def test_all_problems_at_once() -> None:
    with pytest.raises(VnetError) as caught:
        update(seen(NAT), "ipv6=no", "mtu.size=9", "x=1", mtu="5")
    for said in ("ipv6 takes yes", "'mtu.size': that is said by --mtu", "'x'", "--mtu: MTU '5'"):
        assert said in str(caught.value)


def test_a_path_is_given_once() -> None:
    with pytest.raises(VnetError, match="ipv6 is given twice"):
        update(seen(NAT), "ipv6=yes", "ipv6=yes")
