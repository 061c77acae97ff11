"""Reservations as they are typed, against networks, leases and nics: what is done or refused."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml
from tests.unit.planner.networks.builders import document, host, lab, writes
from vnetmgr.api.network_wants import address_desired
from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.dhcp import Lease, Reservation
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.plan import Action, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import DefineNetwork
from vnetmgr.planner import make_plan
from vnetmgr.problem import About

CONFIG, LIVE = frozenset({State.CONFIG}), frozenset({State.LIVE})
LAN, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:99"
DUID, OTHER_DUID = "00:03:00:01:52:54:00:00:00:01", "00:03:00:01:52:54:00:00:00:99"
PLAIN = document()


def by_mac(mac: str, address: str, more: str = "") -> str:
    return f"<host mac='{mac}'{more} ip='{address}'/>"


def reserved(hosts: str = "", hosts6: str = "") -> SeenNetwork:
    """The network with these reservations, in both states."""
    return lab(document(hosts, hosts6), document(hosts, hosts6))


def lease(
    address: str, mac: str | None = None, duid: str | None = None, *, name: str | None = None
) -> Lease:
    return Lease(
        network="lab",
        address=ip_address(address),
        prefix=24,
        mac=Mac(mac) if mac else None,
        duid=duid,
        hostname=name,
        expires_s=1_800_000_000,
    )


def typed(
    client: str | None,
    address: str | None = None,
    *,
    intent: Intent = Intent.CREATE,
    network: str = "lab",
    duid: str | None = None,
    hostname: str | None = None,
    states: frozenset[State] = frozenset(),
) -> Desired:
    """`reserve-address NETWORK CLIENT ADDRESS`."""
    return address_desired(
        network, client, address, intent=intent, duid=duid, hostname=hostname, states=states
    )


def released(
    client: str | None,
    address: str | None = None,
    *,
    hostname: str | None = None,
    duid: str | None = None,
    states: frozenset[State] = frozenset(),
) -> Desired:
    return typed(client, address, intent=Intent.REMOVE, hostname=hostname, duid=duid, states=states)


def guest(*nics: str) -> SeenDomain:
    return domain(domain_xml(*nics), domain_xml(*nics))


def on_lab(name: str, mac: str = LAN) -> str:
    return nic_xml(name, mac=mac, kind="network", source="<source network='lab'/>")


ONE_NIC = guest(on_lab("lan"), nic_xml("up", mac="52:54:00:00:00:02"))
# A nic may also name the network's own bridge.
TWO_NICS = guest(
    on_lab("lan"), nic_xml("own", mac="52:54:00:00:00:02", source="<source bridge='virbr7'/>")
)


def planned(
    desired: Desired,
    network: SeenNetwork | None = None,
    *leases: Lease,
    guest: SeenDomain = ONE_NIC,
) -> Plan:
    seen = lab(PLAIN, PLAIN) if network is None else network
    return make_plan(desired, host(seen, leases=leases, domain=guest), Policy())


@dataclass(frozen=True)
class Refusal:
    """What is not done."""

    want: Desired
    code: ExitCode
    says: str
    network: SeenNetwork | None = None
    leases: tuple[Lease, ...] = ()
    guest: SeenDomain = ONE_NIC


USAGE, REFUSED, FAILED = ExitCode.USAGE, ExitCode.REFUSED, ExitCode.FAILED
BRIDGED = lab("<network><name>lab</name><forward mode='bridge'/><bridge name='br0'/></network>")
WEB = by_mac(OTHER, "10.0.0.20", " name='web'")
SIX = f"<host id='{OTHER_DUID}' name='six' ip='fd00::20'/>"
REFUSALS = {
    "outside the subnets": Refusal(
        typed(LAN, "10.9.0.5"), USAGE, "10.9.0.5 (52:54:00:00:00:01) is in none of the subnets"
    ),
    "the gateway": Refusal(typed(LAN, "10.0.0.1"), USAGE, "is the gateway's"),
    "the network address": Refusal(typed(LAN, "10.0.0.0"), USAGE, "is the network address of"),
    "the broadcast address": Refusal(typed(LAN, "10.0.0.255"), USAGE, "is the broadcast address"),
    "a second subnet": Refusal(
        typed(LAN, "10.0.1.5"),
        USAGE,
        "10.0.1.5: libvirt has DHCP for one IPv4 subnet of a network, and that is 10.0.0.0/24",
    ),
    "a second subnet, where a reservation alone made the first": Refusal(
        typed(LAN, "10.0.1.5"),
        USAGE,
        "and that is 10.0.0.0/24",
        network=lab(document(WEB, ranges=False)),
    ),
    "its own reservation moved to a second subnet": Refusal(
        typed(LAN, "10.0.1.5"),
        USAGE,
        "and that is 10.0.0.0/24",
        network=lab(document(by_mac(LAN, "10.0.0.9"), ranges=False)),
    ),
    "a network without DHCP": Refusal(
        typed(LAN, "10.0.0.5"),
        USAGE,
        "it has no DHCP: it is bridge and has no subnet",
        network=BRIDGED,
    ),
    "reserved for another": Refusal(
        typed(LAN, "10.0.0.20"),
        REFUSED,
        f"10.0.0.20 is reserved for {OTHER} already",
        network=reserved(WEB),
    ),
    "reserved for another in config only": Refusal(
        typed(LAN, "10.0.0.20"), REFUSED, OTHER, network=lab(document(WEB), PLAIN)
    ),
    "reserved for another live only": Refusal(
        typed(LAN, "10.0.0.20"), REFUSED, OTHER, network=lab(PLAIN, document(WEB))
    ),
    "leased to another": Refusal(
        typed(LAN, "10.0.0.120"),
        REFUSED,
        f"10.0.0.120 is leased to {OTHER} (pc) now",
        leases=(lease("10.0.0.120", OTHER, name="pc"),),
    ),
    "leased to another IPv6 client": Refusal(
        typed(None, "fd00::5", duid=DUID),
        REFUSED,
        f"fd00::5 is leased to {OTHER_DUID} now",
        leases=(lease("fd00::5", None, OTHER_DUID),),
    ),
    "both at once": Refusal(
        typed(LAN, "10.0.0.20"),
        REFUSED,
        "2 problems:",
        network=reserved(WEB),
        leases=(lease("10.0.0.20", OTHER),),
    ),
    "another's name": Refusal(
        typed(LAN, "10.0.0.5", hostname="web"),
        REFUSED,
        f"the name web belongs to the reservation of {OTHER} (10.0.0.20)",
        network=reserved(WEB),
    ),
    "another's name, given as the client": Refusal(
        typed(None, "10.0.0.5", hostname="web"), REFUSED, "belongs to", network=reserved(WEB)
    ),
    "another IPv6 client's address": Refusal(
        typed(None, "fd00::20", duid=DUID),
        REFUSED,
        f"fd00::20 is reserved for {OTHER_DUID} already",
        network=reserved("", SIX),
    ),
    "a nic elsewhere": Refusal(
        typed("vm1/up", "10.0.0.5"), REFUSED, "nic vm1/up (bridge br0) is not on network lab"
    ),
    "no such nic": Refusal(typed("vm1/wan", "10.0.0.5"), FAILED, "has no nic wan; it has lan"),
    "two nics on it": Refusal(
        typed("vm1", "10.0.0.5"),
        REFUSED,
        "domain vm1 has 2 nics on network lab: lan (network lab), own (bridge virbr7)",
        guest=TWO_NICS,
    ),
    "no nic on it": Refusal(
        typed("vm1", "10.0.0.5"),
        FAILED,
        "domain vm1 has no nic on network lab",
        guest=guest(nic_xml("up")),
    ),
    "no such domain": Refusal(typed("vm9", "10.0.0.5"), FAILED, "domain vm9 does not exist"),
    "no such network": Refusal(
        typed(LAN, "10.0.0.5", network="lav"), FAILED, "network lav does not exist"
    ),
    "no lease": Refusal(
        typed("vm1/lan"),
        REFUSED,
        f"vm1/lan ({LAN}) has no lease now",
        leases=(lease("10.0.0.7", OTHER),),
    ),
    "a lease of another network": Refusal(
        typed(LAN),
        REFUSED,
        "has no lease now",
        leases=(replace(lease("10.0.0.7", LAN), network="lab2"),),
    ),
    "IPv6 with a MAC only": Refusal(
        typed(LAN, "fd00::5"), REFUSED, "libvirt takes no MAC for an IPv6 reservation"
    ),
    "IPv4 with a DUID only": Refusal(
        typed(None, "10.0.0.5", duid=DUID), USAGE, "known by its MAC or its name, not by DUID"
    ),
    "live, where it is off": Refusal(
        typed(LAN, "10.0.0.5", states=LIVE), REFUSED, "does not run", network=lab(PLAIN)
    ),
    "config, where it has none": Refusal(
        typed(LAN, "10.0.0.5", states=CONFIG), REFUSED, "is transient", network=lab(None, PLAIN)
    ),
    "nothing to release": Refusal(
        released("vm1/lan"), FAILED, f"nothing is reserved for vm1/lan ({LAN})"
    ),
    "another address to release": Refusal(
        released(LAN, "10.0.0.6"),
        FAILED,
        f"10.0.0.6 is not reserved for {LAN}",
        network=reserved(by_mac(LAN, "10.0.0.5")),
    ),
    "another's reservation to release": Refusal(
        released(LAN, "10.0.0.20"), FAILED, "is not reserved for", network=reserved(WEB)
    ),
}


@pytest.mark.parametrize("row", REFUSALS.values(), ids=REFUSALS.keys())
def test_it_is_refused(row: Refusal) -> None:
    with pytest.raises(VnetError) as caught:
        planned(row.want, row.network, *row.leases, guest=row.guest)
    assert (caught.value.exit_code, row.says in caught.value.message) == (row.code, True), (
        caught.value.message
    )
    assert caught.value.hint


@pytest.mark.parametrize("address", ["10.0.0.20", "10.9.0.9", "10.0.0.1"])
def test_a_refusal_keeps_the_reservation_that_is_asked_for(address: str) -> None:
    with pytest.raises(VnetError) as caught:
        planned(typed(LAN, address), reserved(by_mac(OTHER, "10.0.0.20")))
    (problem,) = caught.value.problems
    assert problem.about == About("network", "lab", field="addresses")
    assert problem.values[-1] == Reservation(address=ip_address(address), mac=Mac(LAN))


@dataclass(frozen=True)
class Doing:
    """What is done."""

    want: Desired
    writes: list[str]
    network: SeenNetwork | None = None
    leases: tuple[Lease, ...] = ()
    note: str = ""


def update(command: str, element: str, *, states: str = "config+live", ip: int = 0) -> str:
    return f"{states}: {command} ip-dhcp-host {ip} {element}"


NEW = by_mac(LAN, "10.0.0.5")
OLD = by_mac(LAN, "10.0.0.9")
MINE6 = f"<host id='{DUID}' ip='fd00::9'/>"
DOINGS = {
    "by MAC": Doing(typed(LAN, "10.0.0.5"), [update("add", NEW)]),
    "by domain and nic": Doing(typed("vm1/lan", "10.0.0.5"), [update("add", NEW)]),
    "by the only nic that the domain has on it": Doing(
        typed("vm1", "10.0.0.5"), [update("add", NEW)]
    ),
    "by the nic's MAC": Doing(typed(f"vm1/{LAN}", "10.0.0.5"), [update("add", NEW)]),
    "with a name": Doing(
        typed(LAN, "10.0.0.5", hostname="web"),
        [update("add", by_mac(LAN, "10.0.0.5", " name='web'"))],
        network=lab(PLAIN, PLAIN),
    ),
    "by name alone": Doing(
        typed(None, "10.0.0.5", hostname="web"),
        [update("add", "<host name='web' ip='10.0.0.5'/>")],
    ),
    "IPv6 by DUID": Doing(typed(None, "fd00::9", duid=DUID), [update("add", MINE6, ip=2)]),
    "IPv6 by name": Doing(
        typed(None, "fd00::9", hostname="web"),
        [update("add", "<host name='web' ip='fd00::9'/>", ip=2)],
    ),
    "IPv6 by MAC, with the DUID of its lease": Doing(
        typed("vm1/lan", "fd00::9"),
        [update("add", MINE6, ip=2)],
        leases=(lease("fd00::9", LAN, DUID),),
    ),
    "the lease that it has, IPv4 first": Doing(
        typed("vm1/lan"),
        [update("add", by_mac(LAN, "10.0.0.105"))],
        leases=(lease("fd00::9", LAN, DUID), lease("10.0.0.105", LAN)),
    ),
    "the lease of a DUID, though its MAC is known": Doing(
        typed(None, duid=DUID),
        [update("add", MINE6, ip=2)],
        leases=(lease("fd00::9", LAN, DUID),),
    ),
    "the lease of a name": Doing(
        typed(None, hostname="web"),
        [update("add", "<host name='web' ip='10.0.0.105'/>")],
        leases=(lease("10.0.0.105", LAN, name="WEB"),),
    ),
    "the last of several leases": Doing(
        typed(None, duid=DUID),
        [update("add", MINE6, ip=2)],
        leases=(
            replace(lease("fd00::8", None, DUID), expires_s=1),
            lease("fd00::9", None, DUID),
        ),
    ),
    "another subnet's, where none has DHCP": Doing(
        typed(LAN, "10.0.1.5"),
        [update("add", by_mac(LAN, "10.0.1.5"), ip=1)],
        network=lab(document(ranges=False), document(ranges=False)),
    ),
    "one that is wrong elsewhere": Doing(
        typed(LAN, "10.0.0.5"),
        [update("add", NEW)],
        network=reserved(by_mac(OTHER, "10.9.0.1")),
    ),
    "in a network whose range is wrong anyway": Doing(
        typed(LAN, "10.0.0.5"),
        [update("add", NEW)],
        network=lab(*[PLAIN.replace("10.0.0.100", "10.0.0.1")] * 2),
    ),
    "a lease holder moves": Doing(
        typed(LAN, "10.0.0.5"),
        [update("add", NEW)],
        leases=(lease("10.0.0.150", LAN),),
        note=f"{LAN} holds 10.0.0.150 now and moves to 10.0.0.5 at its next renewal",
    ),
    "a lease holder of which only config is changed": Doing(
        typed(LAN, "10.0.0.5", states=CONFIG),
        [update("add", NEW, states="config")],
        leases=(lease("10.0.0.150", LAN),),
    ),
    "once is enough": Doing(
        typed(LAN, "10.0.0.5"),
        [],
        network=reserved(NEW),
        note=f"network lab: 10.0.0.5 is reserved for {LAN} already",
    ),
    "the name that is there is kept": Doing(
        typed(LAN, "10.0.0.5"),
        [],
        network=reserved(by_mac(LAN, "10.0.0.5", " name='web'")),
        note="already",
    ),
    "moved": Doing(
        typed(LAN, "10.0.0.5"),
        [update("modify", by_mac(LAN, "10.0.0.5", " name='web'"))],
        network=reserved(by_mac(LAN, "10.0.0.9", " name='web'")),
    ),
    "renamed": Doing(
        typed(LAN, "10.0.0.5", hostname="www"),
        [update("modify", by_mac(LAN, "10.0.0.5", " name='www'"))],
        network=reserved(by_mac(LAN, "10.0.0.5", " name='web'")),
    ),
    "one for two": Doing(
        typed(LAN, "10.0.0.9"),
        [update("delete", NEW)],
        network=reserved(NEW + OLD),
    ),
    "what only config has is completed": Doing(
        typed(LAN, "10.0.0.5"),
        [update("add", NEW, states="live")],
        network=lab(document(NEW), PLAIN),
    ),
    "what only the running network has is completed": Doing(
        typed(LAN, "10.0.0.5"),
        [update("add", NEW, states="config")],
        network=lab(PLAIN, document(NEW)),
    ),
    "each state from what it has": Doing(
        typed(LAN, "10.0.0.5"),
        [update("modify", NEW, states="live"), update("add", NEW, states="config")],
        network=lab(PLAIN, document(OLD)),
    ),
    "config alone": Doing(
        typed(LAN, "10.0.0.5", states=CONFIG), [update("add", NEW, states="config")]
    ),
    "live alone": Doing(typed(LAN, "10.0.0.5", states=LIVE), [update("add", NEW, states="live")]),
    "a transient network": Doing(
        typed(LAN, "10.0.0.5"), [update("add", NEW, states="live")], network=lab(None, PLAIN)
    ),
    "a network that is off": Doing(typed(LAN, "10.0.0.5"), ["define"], network=lab(PLAIN)),
    "once in a network that is off": Doing(
        typed(LAN, "10.0.0.5"), [], network=lab(document(NEW)), note="already"
    ),
    "release": Doing(released("vm1/lan"), [update("delete", OLD)], network=reserved(OLD + WEB)),
    "release of all that a client has": Doing(
        released(LAN, duid=DUID),
        [update("delete", OLD), update("delete", MINE6, ip=2)],
        network=reserved(OLD, MINE6),
    ),
    "release of one address": Doing(
        released(LAN, "fd00::9", duid=DUID),
        [update("delete", MINE6, ip=2)],
        network=reserved(OLD, MINE6),
    ),
    "release by the name of somebody who is known by more": Doing(
        released(None, hostname="web"), [update("delete", WEB)], network=reserved(OLD + WEB)
    ),
    "release of what only config has": Doing(
        released(LAN), [update("delete", OLD, states="config")], network=lab(document(OLD), PLAIN)
    ),
    "release in config alone": Doing(
        released(LAN, states=CONFIG),
        [update("delete", OLD, states="config")],
        network=reserved(OLD),
    ),
    "release in a network that is off": Doing(
        released(LAN), ["define"], network=lab(document(OLD))
    ),
}


@pytest.mark.parametrize("row", DOINGS.values(), ids=DOINGS.keys())
def test_it_is_done(row: Doing) -> None:
    plan = planned(row.want, row.network, *row.leases)
    assert writes(plan) == row.writes
    assert [row.note in note for note in plan.notes] == ([True] if row.note else [])
    assert len(plan.changes) == (1 if row.writes else 0)


@pytest.mark.parametrize(
    ("config", "live"),
    [(on_lab("lan"), nic_xml("lan")), (nic_xml("lan"), on_lab("lan"))],
    ids=["from the next start on", "until the next start"],
)
@pytest.mark.parametrize("client", ["vm1", "vm1/lan"])
def test_a_nic_that_is_on_the_network_in_one_state(config: str, live: str, client: str) -> None:
    there = domain(domain_xml(config), domain_xml(live))
    assert writes(planned(typed(client, "10.0.0.5"), guest=there)) == [update("add", NEW)]


def test_a_moved_ipv6_reservation_is_made_anew() -> None:
    """libvirt finds by MAC, address or name what it modifies, not by DUID."""
    want = typed(None, "fd00::5", duid=DUID)
    plan = planned(want, reserved("", MINE6))
    moved = MINE6.replace("fd00::9", "fd00::5")
    assert writes(plan) == [update("delete", MINE6, ip=2), update("add", moved, ip=2)]
    named = "<host id='{}' name='web' ip='{}'/>"
    plan = planned(want, reserved("", named.format(DUID, "fd00::9")))
    assert writes(plan) == [update("modify", named.format(DUID, "fd00::5"), ip=2)]


def test_the_change_says_what_was() -> None:
    moved = planned(typed("vm1/lan", "10.0.0.5", hostname="web"), reserved(OLD)).changes[0]
    assert (moved.action, moved.object, moved.name) == (Action.UPDATE, "address", f"lab/{LAN}")
    assert (moved.network, moved.about) == ("lab", About("network", "lab", field="addresses"))
    assert [(each.field, each.before, each.after) for each in moved.fields] == [
        ("address", "10.0.0.9", "10.0.0.5"),
        ("hostname", None, "web"),
    ]
    new = planned(typed("vm1/lan", "10.0.0.5")).changes[0]
    assert (new.action, new.scope) == (Action.CREATE, (State.CONFIG, State.LIVE))
    assert [(each.field, each.before, each.after) for each in new.fields] == [
        ("address", None, "10.0.0.5"),
        ("client", None, f"vm1/lan ({LAN})"),
    ]
    gone = planned(released(LAN), reserved(OLD)).changes[0]
    assert (gone.action, gone.fields[0].before, gone.fields[0].after) == (
        Action.DELETE,
        "10.0.0.9",
        None,
    )


def both(first: Desired, second: Desired) -> Desired:
    return Desired(addresses=(*first.addresses, *second.addresses))


def test_two_wants_of_one_network_build_on_each_other() -> None:
    plan = planned(both(typed(LAN, "10.0.0.5"), typed(OTHER, "10.0.0.6")))
    assert writes(plan) == [update("add", NEW), update("add", by_mac(OTHER, "10.0.0.6"))]
    with pytest.raises(VnetError, match=f"10.0.0.5 is reserved for {LAN} already"):
        planned(both(typed(LAN, "10.0.0.5"), typed(OTHER, "10.0.0.5")))
    freed = both(released(OTHER), typed(LAN, "10.0.0.20"))
    assert writes(planned(freed, reserved(WEB))) == [
        update("delete", WEB),
        update("add", by_mac(LAN, "10.0.0.20")),
    ]


def test_also_when_it_is_off() -> None:
    plan = planned(both(typed(LAN, "10.0.0.5"), typed(OTHER, "10.0.0.6")), lab(PLAIN))
    (write,) = (op.do for step in plan.steps for op in step.ops)
    assert isinstance(write, DefineNetwork)
    assert write.expect == PLAIN
    assert {"10.0.0.5" in write.xml, "10.0.0.6" in write.xml} == {True}
    assert [change.name for change in plan.changes] == [f"lab/{LAN}", f"lab/{OTHER}"]


def test_what_is_planned_is_planned_again_as_a_state() -> None:
    """The verification: nothing is left to be found out, and nothing complains."""
    lan = lease("10.0.0.105", LAN)
    (want,) = planned(typed("vm1/lan"), None, lan).desired.addresses
    assert (want.domain, want.nic, str(want.address)) == (None, None, "10.0.0.105")
    again = Desired(addresses=(want,))
    assert writes(planned(again, reserved(by_mac(LAN, "10.0.0.105")))) == []
    assert writes(planned(again)) != []
    gone = planned(released("vm1/lan"), reserved(OLD)).desired
    assert writes(planned(gone)) == []
    assert writes(planned(gone, reserved(OLD))) != []


@pytest.mark.parametrize(
    ("client", "hosts", "hosts6", "address"),
    [
        ("vm1/lan", by_mac(LAN, "10.0.0.20"), "", "10.0.0.20"),
        (LAN, by_mac(LAN, "10.0.0.20"), "", "10.0.0.20"),
        # The DUID that is reserved holds the nic's MAC.
        ("vm1/lan", "", f"<host id='{DUID}' ip='fd00::20'/>", "fd00::20"),
        ("vm1/lan", by_mac(LAN, "10.0.0.20"), f"<host id='{DUID}' ip='fd00::20'/>", "10.0.0.20"),
    ],
)
def test_one_that_is_reserved_needs_no_lease(
    client: str, hosts: str, hosts6: str, address: str
) -> None:
    plan = planned(typed(client), reserved(hosts, hosts6))
    assert plan.steps == ()
    assert [note for note in plan.notes if f"{address} is reserved for" in note]
