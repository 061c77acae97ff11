"""Where a forward leads: what DHCP keeps, what it has given, what is free, what the guest has."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.unit.planner.forwards.builders import (
    DHCP6,
    IPV6,
    MAC,
    MAC2,
    OTHER,
    add,
    applied,
    document,
    forward,
    host,
    leads,
    planned,
    reserved,
    vm,
    writes,
)
from vnetmgr.errors import RefusedError
from vnetmgr.model.dhcp import Lease
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import LiveRules, Rule
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import UpdateNetwork

EUI64 = "fd00::5054:ff:fe00:1"  # of MAC
DUID = "00:03:00:01:52:54:00:00:00:01"


def lease(address: str, mac: str = MAC, **more: object) -> Lease:
    """One of the network lab."""
    found = Lease(network="lab", address=ip_address(address), prefix=24, mac=Mac(mac))
    return replace(found, **more)


def rule(address: str, mac: str = MAC) -> Rule:
    """One of another port, that is there."""
    return Rule(
        domain=OTHER,
        mac=mac,
        bridge="virbr7",
        protocol=forward("1:1").protocol,
        listen=None,
        host_port=1,
        guest_address=ip_address(address),
        guest_port=1,
    )


SMALL = ("10.0.0.100", "10.0.0.101")
CHOSEN = {
    "the first that is free": ({}, "", (), "10.0.0.100"),
    "what is reserved": ({"hosts": reserved("10.0.0.7")}, "", (), "10.0.0.7"),
    "reserved, whatever was leased": (
        {"hosts": reserved("10.0.0.7")},
        "",
        (lease("10.0.0.120"),),
        "10.0.0.7",
    ),
    "its lease": ({}, "", (lease("10.0.0.120"),), "10.0.0.120"),
    "no lease of another network": (
        {},
        "",
        (lease("10.0.0.120", network="other"),),
        "10.0.0.100",
    ),
    "no lease outside the ranges": ({}, "", (lease("10.0.0.9"),), "10.0.0.100"),
    "not what another has leased": ({}, "", (lease("10.0.0.100", MAC2),), "10.0.0.101"),
    "not what is kept for another": (
        {"hosts": reserved("10.0.0.100", MAC2)},
        "",
        (),
        "10.0.0.101",
    ),
    "not the gateway": ({"span": ("10.0.0.1", "10.0.0.9")}, "", (), "10.0.0.2"),
    "where it was forwarded to": ({}, "10.0.0.130", (lease("10.0.0.120"),), "10.0.0.130"),
    "its lease, though somebody has it reserved": (
        {"hosts": reserved("10.0.0.120", MAC2)},
        "",
        (lease("10.0.0.120"),),
        "10.0.0.100",
    ),
}


@pytest.mark.parametrize(("network", "before", "leases", "address"), CHOSEN.values(), ids=CHOSEN)
def test_ipv4(
    network: dict[str, str], before: str, leases: tuple[Lease, ...], address: str
) -> None:
    rules = LiveRules(rules=(rule(before),) if before else ())
    there = host(network=document(**network), leases=leases, rules=rules)  # type: ignore[arg-type]  # as given
    plan = planned(there, add("8080:80"))
    assert leads(plan) == [f"* 8080/tcp {address} 80"]
    reservations = [each for each in writes(plan) if isinstance(each, UpdateNetwork)]
    assert [f'ip="{address}"' in each.xml for each in reservations] == (
        [] if "hosts" in network and address == "10.0.0.7" else [True]
    )


def test_all_addresses_are_taken() -> None:
    leases = tuple(lease(address, MAC2) for address in SMALL)
    with pytest.raises(RefusedError, match="its DHCP cannot keep one") as caught:
        planned(host(network=document(span=SMALL), leases=leases), add("8080:80"))
    assert caught.value.hint == "say which the guest has: --guest-address"


def test_two_at_once_get_an_address_each() -> None:
    there = host(vm(), vm(name="vm2"))
    plan = planned(there, add("8080:80"), add("8081:80", to="vm2"), add("8082:80"))
    assert leads(plan) == [
        "* 8080/tcp 10.0.0.100 80",
        "* 8082/tcp 10.0.0.100 80",
        "* 8081/tcp 10.0.0.101 80",
    ]


SIX = "[2001:db8::1]:8080:80"
IPV6_ADDRESSES = {
    "by its MAC": (IPV6, (), {}, EUI64, False),
    "by its newest lease": (
        DHCP6,
        (
            lease("fd00::150", duid=DUID, expires_s=100),
            lease("fd00::151", duid=DUID, expires_s=200),
            lease("fd00::152", duid=DUID, expires_s=150),
        ),
        {},
        "fd00::151",
        True,
    ),
    "by a lease for ever": (
        DHCP6,
        (lease("fd00::150", duid=DUID), lease("fd00::151", duid=DUID, expires_s=200)),
        {},
        "fd00::150",
        True,
    ),
    "by hand": (DHCP6, (), {"guest_address": "fd00::9"}, "fd00::9", False),
    "by hand, whatever its MAC": (IPV6, (), {"guest_address": "fd00::9"}, "fd00::9", False),
}


@pytest.mark.parametrize(
    ("six", "leases", "options", "address", "kept"), IPV6_ADDRESSES.values(), ids=IPV6_ADDRESSES
)
def test_ipv6(
    six: str,
    leases: tuple[Lease, ...],
    options: dict[str, str],
    address: str,
    kept: bool,  # noqa: FBT001
) -> None:
    there = host(network=document(six=six), leases=leases)
    plan = planned(there, add(SIX, **options))
    assert leads(plan) == [f"2001:db8::1 8080/tcp {address} 80"]
    reservations = [each for each in writes(plan) if isinstance(each, UpdateNetwork)]
    assert [f'ip="{address}"' in each.xml for each in reservations] == [True] * kept
    assert planned(applied(there, plan), add(SIX, **options)).errors == ()


UNKNOWN = {
    "no subnet": ("", ()),
    "DHCP without a lease": (DHCP6, ()),
    "a lease that cannot be reserved": (DHCP6, (lease("fd00::150"),)),
    "another's lease": (DHCP6, (lease("fd00::150", MAC2, duid=DUID),)),
    "no prefix of 64": (IPV6.replace("64", "80"), ()),
}


@pytest.mark.parametrize(("six", "leases"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_ipv6_address_that_nobody_knows(six: str, leases: tuple[Lease, ...]) -> None:
    there = host(network=document(six=six), leases=leases)
    with pytest.raises(RefusedError, match="the IPv6 address of nic lan on network lab is not"):
        planned(there, add(SIX))
    # Of both versions, the one that is known is enough.
    assert leads(planned(there, add("8080:80"))) == ["* 8080/tcp 10.0.0.100 80"]


def test_both_versions() -> None:
    there = host(network=document(six=IPV6))
    said = ["* 8080/tcp 10.0.0.100 80", f"* 8080/tcp {EUI64} 80"]
    assert leads(planned(there, add("8080:80"))) == said
    assert leads(planned(there, add("0.0.0.0:8080:80"))) == said[:1]
    assert leads(planned(there, add("[::]:8080:80"))) == said[1:]


def test_a_network_that_is_not_there() -> None:
    there = replace(host(), networks=())
    with pytest.raises(RefusedError, match="network lab does not exist"):
        planned(there, add("8080:80"))
