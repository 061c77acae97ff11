"""Who is on a network, and whose a lease is: joined from what was observed."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml
from vnetmgr.errors import NotFoundError
from vnetmgr.listings.networks import forwards_to, lease_rows, network_rows
from vnetmgr.model.dhcp import Lease, Reservation
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.network import Network, NetworkMode, SeenNetwork, hop_name
from vnetmgr.model.options.forwards import build_forward
from vnetmgr.model.record import replace
from vnetmgr.model.rows.networks import LeaseRow, NetworkRow
from vnetmgr.model.seen.observed import Links, Observed
from vnetmgr.model.values import Mac

A, B, C = (Mac(f"52:54:00:00:00:0{digit}") for digit in "abc")
DUID = "00:03:00:01:52:54:00:00:00:0a"
LAB = Network(
    name="lab",
    mode=NetworkMode.NAT,
    bridge="virbr7",
    subnets=(ip_network("10.0.0.0/24"), ip_network("fd00::/64")),
)


def network(
    name: str = "lab",
    *,
    active: bool = True,
    config: Network | None = LAB,
    reservations: tuple[Reservation, ...] = (),
) -> SeenNetwork:
    """A network that is in both states what its config is, with its reservations."""
    found = replace(config or LAB, name=name, reservations=reservations)
    return SeenNetwork(
        key=name,
        autostart=True,
        config=found if config else None,
        live=found if active else None,
    )


def nic(
    name: str | None = "lan",
    *,
    mac: Mac = A,
    on: str = "lab",
    target: str | None = None,
    bridge: str = "virbr7",
) -> str:
    """A nic on a network; with a target it looks live."""
    live = f" bridge='{bridge}'" if target else ""
    return nic_xml(
        name, mac=mac, kind="network", source=f"<source network='{on}'{live}/>", target=target
    )


def on_bridge(target: str | None = None) -> str:
    """A nic that names just the bridge."""
    return nic_xml("lan", mac=A, source="<source bridge='virbr7'/>", target=target)


def vm(config: str | None, live: str | None = None, *, name: str = "vm1") -> SeenDomain:
    """A domain with one nic in its config, and live, as given."""
    documents = (domain_xml(one) if one is not None else None for one in (config, live))
    return replace(domain(*documents), name=name)


def host(
    *domains: SeenDomain,
    networks: tuple[SeenNetwork, ...] = (),
    leases: tuple[Lease, ...] = (),
    ports: dict[str, str] | None = None,
) -> Observed:
    """A local host with these domains, and taps that are ports as given."""
    links = Links(bridges=frozenset({"virbr7"}), ports=ports or {})
    return Observed(
        uri="qemu:///system",
        host="h",
        domains=domains,
        networks=networks or (network(),),
        leases=leases,
        links=links,
    )


def lease(
    address: str = "10.0.0.20", *, mac: Mac | None = A, on: str = "lab", **more: object
) -> Lease:
    """A lease until second 1000."""
    found = ip_address(address)
    given = Lease(network=on, address=found, prefix=24, mac=mac, expires_s=1000)
    return replace(given, **more)


def reservation(
    address: str = "10.0.0.20",
    *,
    mac: Mac | None = None,
    duid: str | None = None,
    hostname: str | None = None,
) -> Reservation:
    return Reservation(address=ip_address(address), mac=mac, duid=duid, hostname=hostname)


def only(observed: Observed) -> NetworkRow:
    """The row of the only network."""
    (row,) = network_rows(observed)
    return row


def said(rows: tuple[LeaseRow, ...]) -> list[str]:
    return [f"{row.network} {row.address} {row.label or '-'} {row.state}" for row in rows]


@pytest.mark.parametrize(
    ("seen", "ports", "expected"),
    [
        (vm(nic(), nic(target="vnet0")), {"vnet0": "virbr7"}, [("lan", "vnet0", True, "ok")]),
        (vm(nic(), nic(target="vnet0")), {"vnet0": "br0"}, [("lan", "vnet0", True, "orphan")]),
        (vm(nic(), nic(target="vnet0")), {}, [("lan", "vnet0", True, "orphan")]),
        (vm(None, nic(target="vnet0")), {"vnet0": "virbr7"}, [("lan", "vnet0", True, "ok")]),
        (vm(nic()), {}, [("lan", None, False, "off")]),
        (vm(nic(), ""), {}, [("lan", None, False, "config only")]),
        (vm(nic(), nic(on="other", target="v")), {}, [("lan", None, False, "config only")]),
        (
            vm(nic(on="other"), nic(target="vnet0")),
            {"vnet0": "virbr7"},
            [("lan", "vnet0", True, "ok")],
        ),
        (vm(nic(on="other"), nic(on="other", target="v")), {"v": "virbr7"}, []),
        (vm(on_bridge(), on_bridge("v")), {"v": "virbr7"}, [("lan", "v", True, "ok")]),
        (vm(on_bridge()), {}, [("lan", None, False, "off")]),
        (vm(nic(on=hop_name("lab"))), {}, []),
        (
            vm(nic(), nic(on=hop_name("lab"), target="v", bridge="hop0")),
            {"v": "hop0"},
            [("lan", "v", True, "orphan")],
        ),
        (vm(""), {}, []),
    ],
)
def test_who_is_on_a_network(
    seen: SeenDomain, ports: dict[str, str], expected: list[tuple[object, ...]]
) -> None:
    row = only(host(seen, ports=ports))
    assert [(each.name, each.target, each.in_live, each.state) for each in row.nics] == expected
    assert row.orphans == sum(state == "orphan" for *_, state in expected)


@pytest.mark.parametrize(
    ("seen", "into"),
    [
        (vm(nic()), ["8080/tcp", "53/udp"]),
        (vm(nic(None)), ["53/udp"]),
        (vm(on_bridge()), ["8080/tcp", "53/udp"]),
        (vm(nic("other", mac=B)), []),
        (vm(nic(on="other")), []),
        (vm(nic(on="other"), nic(target="v")), ["8080/tcp", "53/udp"]),
        (vm(""), []),
    ],
)
def test_forwards_are_those_to_its_nics(seen: SeenDomain, into: list[str]) -> None:
    web = build_forward("8080:80", {"nic": "lan"})
    dns = build_forward("53:53/udp", {"nic": str(A)})
    there = host(replace(seen, forwards=(web, dns)), vm(nic(mac=C), name="vm2"))
    found = forwards_to(only(there), there)
    assert [(domain.name, each.name) for domain, each in found] == [("vm1", name) for name in into]


def test_a_network_that_is_off_has_left_its_taps_alone() -> None:
    guest = vm(nic(), nic(target="vnet0"))
    assert only(host(guest, networks=(network(active=False),))).orphans == 1


def test_a_bridge_that_is_not_the_networks_own_makes_nobody_a_member() -> None:
    bridged = Network(name="lab", mode=NetworkMode.BRIDGE, bridge="virbr7")
    guest = vm(on_bridge(), on_bridge("v"))
    assert only(host(guest, networks=(network(config=bridged),))).nics == ()


def test_from_afar_it_is_not_known() -> None:
    guest = vm(nic(), nic(target="vnet0"))
    (row,) = only(replace(host(guest), links=None)).nics
    assert (row.orphan, row.state) == (None, "not visible from here")


def test_a_hop_network_is_shown_like_any_other() -> None:
    hop = hop_name("lab")
    guest = vm(nic(), nic(on=hop, target="v", bridge="hop0"))
    isolated = Network(name=hop, mode=NetworkMode.ISOLATED, bridge="hop0")
    networks = (replace(network(hop, config=isolated), config=None), network())
    rows = network_rows(host(guest, networks=networks, ports={"v": "hop0"}))
    assert [row.seen.name for row in rows] == ["lab", hop]
    assert [row.nics[0].orphan for row in rows] == [True, False]


def test_addresses_are_those_of_the_network_and_of_who_runs() -> None:
    leases = (
        lease("fd00::9"),
        lease("10.0.0.100"),
        lease("10.0.0.20"),
        lease("10.0.0.21", mac=B),
        lease("10.0.0.22", mac=None),
        lease("10.9.0.1", on="other"),
    )
    on, off = vm(nic(), nic(target="v")), vm(nic(mac=B), name="off")
    row = only(host(on, off, leases=leases, ports={"v": "virbr7"}))
    assert [(each.domain, each.addresses) for each in row.nics] == [
        ("off", ()),
        ("vm1", ("10.0.0.20", "10.0.0.100", "fd00::9")),
    ]


def test_foreign_ports() -> None:
    guest = vm(nic(), nic(target="v"))
    assert only(host(guest, ports={"v": "virbr7", "veth1": "virbr7"})).foreign_ports == ("veth1",)


def test_the_networks_that_are_named() -> None:
    observed = host(networks=(network("b"), network("a"), network("c")))
    assert [row.seen.name for row in network_rows(observed)] == ["a", "b", "c"]
    assert [row.seen.name for row in network_rows(observed, ("c", "a", "c"))] == ["a", "c"]
    assert network_rows(replace(observed, networks=())) == ()


@pytest.mark.parametrize("rows", [network_rows, lease_rows])
def test_a_network_that_is_not_there(rows: object) -> None:
    assert callable(rows)
    with pytest.raises(NotFoundError, match=r"network lba does not exist.*Did you mean lab"):
        rows(host(), ("lab", "lba"))


@pytest.mark.parametrize(
    ("config", "live", "pending"),
    [
        (LAB, LAB, ()),
        (LAB, replace(LAB, mtu=1400, dns_domain="x"), ("dns_domain", "mtu")),
        (replace(LAB, isolated_ports=False), LAB, ()),
        (replace(LAB, bridge=None), LAB, ()),
        (replace(LAB, bridge="virbr8"), LAB, ("bridge",)),
        (LAB, replace(LAB, forward_devs=("eth0",)), ("forward_devs",)),
        (replace(LAB, pf="eth0"), replace(LAB, pf="eth0", forward_devs=("eth0v1",)), ()),
        (replace(LAB, owned=True), LAB, ()),
        (None, LAB, ()),
        (LAB, None, ()),
    ],
)
def test_pending(config: Network | None, live: Network | None, pending: tuple[str, ...]) -> None:
    seen = SeenNetwork(key="lab", autostart=False, config=config, live=live)
    assert NetworkRow(seen=seen).pending == pending


def test_a_bridge_that_a_config_leaves_to_libvirt() -> None:
    config = replace(LAB, bridge=None)
    seen = SeenNetwork(key="lab", autostart=False, config=config, live=LAB)
    assert NetworkRow(seen=seen).bridge == "virbr7"
    assert NetworkRow(seen=replace(seen, live=None)).bridge is None


def test_the_states_in_words() -> None:
    changed = replace(LAB, mtu=1400)
    words = {
        (True, LAB, LAB): "running, autostart",
        (False, LAB, None): "off",
        (False, None, LAB): "running, transient",
        (True, changed, LAB): "running, autostart, pending: mtu",
    }
    for (autostart, config, live), text in words.items():
        seen = SeenNetwork(key="lab", autostart=autostart, config=config, live=live)
        assert NetworkRow(seen=seen).state == text


V6 = "fd00::20"


@pytest.mark.parametrize(
    ("given", "kept", "states"),
    [
        (lease(), reservation(mac=A), ["leased, reserved"]),
        (lease(), reservation(mac=B), ["leased", "reserved"]),
        (lease(), reservation("10.0.0.21", mac=A), ["leased", "reserved"]),
        (lease(hostname="a"), reservation(mac=B, hostname="a"), ["leased", "reserved"]),
        (lease(hostname="A"), reservation(hostname="a.lab.test"), ["leased, reserved"]),
        (lease(hostname="b"), reservation(hostname="a"), ["leased", "reserved"]),
        (lease(), reservation(), ["leased", "reserved"]),
        (lease(V6, mac=None, duid=DUID), reservation(V6, duid=DUID), ["leased, reserved"]),
        (lease(V6, mac=None), reservation(V6, duid=DUID), ["leased", "reserved"]),
        (lease(V6, duid=DUID), reservation(V6, duid="00:01"), ["leased", "reserved"]),
        (
            lease(V6, duid=DUID, hostname="a"),
            reservation(V6, hostname="a"),
            ["leased, reserved"],
        ),
    ],
)
def test_a_lease_is_reserved_for_its_own_client_only(
    given: Lease, kept: Reservation, states: list[str]
) -> None:
    observed = host(networks=(network(reservations=(kept,)),), leases=(given,))
    assert [row.state for row in lease_rows(observed)] == states


def test_a_reservation_without_a_lease() -> None:
    kept = (reservation(mac=A, hostname="web"), reservation("192.0.2.1", mac=C))
    observed = host(vm(nic()), networks=(network(reservations=kept),))
    assert lease_rows(observed) == (
        LeaseRow(
            network="lab",
            address=ip_address("10.0.0.20"),
            prefix=24,
            mac=A,
            duid=None,
            domain="vm1",
            nic="lan",
            hostname="web",
            expires_s=None,
            leased=False,
            reserved=True,
        ),
        LeaseRow(
            network="lab",
            address=ip_address("192.0.2.1"),
            prefix=None,
            mac=C,
            duid=None,
            domain=None,
            nic=None,
            hostname=None,
            expires_s=None,
            leased=False,
            reserved=True,
        ),
    )


def test_the_reservations_are_those_that_count_now() -> None:
    config = replace(LAB, reservations=(reservation("10.0.0.5", mac=A),))
    live = replace(LAB, reservations=(reservation("10.0.0.6", mac=A),))
    seen = SeenNetwork(key="lab", autostart=True, config=config, live=live)
    assert said(lease_rows(host(networks=(seen,)))) == ["lab 10.0.0.6 - reserved"]
    off = replace(seen, live=None)
    assert said(lease_rows(host(networks=(off,)))) == ["lab 10.0.0.5 - reserved"]


@pytest.mark.parametrize(
    ("domains", "label"),
    [
        ((vm(nic(), nic(target="v")),), "vm1/lan"),
        ((vm(nic(None)),), f"vm1/{A}"),
        ((vm(nic(on="other")),), "-"),
        ((vm(nic(mac=B)),), "-"),
        ((vm(nic()), vm(nic(), name="clone")), "-"),
        ((vm(nic()), vm(nic(), nic(target="v"), name="clone")), "clone/lan"),
        ((vm(on_bridge()),), "vm1/lan"),
        ((), "-"),
    ],
)
def test_whose_a_lease_is(domains: tuple[SeenDomain, ...], label: str) -> None:
    assert said(lease_rows(host(*domains, leases=(lease(),)))) == [f"lab 10.0.0.20 {label} leased"]


def test_one_mac_on_two_networks() -> None:
    networks = (network(), network("other", config=replace(LAB, bridge="virbr8")))
    guests = (vm(nic()), vm(nic(on="other"), name="vm2"))
    leases = (lease(on="other"), lease())
    assert said(lease_rows(host(*guests, networks=networks, leases=leases))) == [
        "lab 10.0.0.20 vm1/lan leased",
        "other 10.0.0.20 vm2/lan leased",
    ]


def test_in_the_order_of_the_numbers() -> None:
    given = tuple(lease(text) for text in ("fd00::2", "10.0.0.100", "10.0.0.20"))
    networks = (network(reservations=(reservation("10.0.0.3", mac=B),)), network("a"))
    observed = host(networks=networks, leases=(*given, lease("10.9.0.1", on="a")))
    addresses = ["10.9.0.1", "10.0.0.3", "10.0.0.20", "10.0.0.100", "fd00::2"]
    assert [str(row.address) for row in lease_rows(observed)] == addresses
    assert [str(row.address) for row in lease_rows(observed, ("a",))] == addresses[:1]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((lease(V6, mac=None, duid=DUID),), ()),
        ((), (reservation(V6, duid=DUID),)),
        ((), (reservation(V6, duid=f"00:01:00:01:00:00:00:00:{DUID[-17:]}"),)),
    ],
)
def test_a_duid_that_holds_a_nic_s_mac_names_it(
    given: tuple[Lease, ...], kept: tuple[Reservation, ...]
) -> None:
    there = host(vm(nic()), networks=(network(reservations=kept),), leases=given)
    (row,) = lease_rows(there)
    assert (row.domain, row.nic, row.mac) == ("vm1", "lan", None)
