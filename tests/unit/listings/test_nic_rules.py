"""Whose rules drop the frames of a running nic, and where that cannot be told."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from tests.unit.planner.builders import LINKS, domain, domain_xml, network, nic_xml, observed
from vnetmgr.listings import nic_rules
from vnetmgr.listings.nic_rules import FrameRules
from vnetmgr.model.address import Address, Origin
from vnetmgr.model.dhcp import DhcpRange
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.path.rulesets import Rulesets
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import HostRoutes, Observed
from vnetmgr.model.values import Mac
from vnetmgr.packets import BridgeCalls

MAC = Mac("52:54:00:00:00:01")
OPEN = Rulesets(nft=(), iptables_legacy="", ip6tables_legacy="")


def rules(family: str, hook: str, *exprs: list[dict[str, Any]], policy: str = "accept") -> Rulesets:
    """A base chain of somebody's, with these rules."""
    table = {"family": family, "name": "theirs", "handle": 1}
    chain = {
        "family": family,
        "table": "theirs",
        "name": "all",
        "handle": 2,
        "type": "filter",
        "hook": hook,
        "prio": 0,
        "policy": policy,
    }
    made = [
        {"rule": {"family": family, "table": "theirs", "chain": "all", "handle": 3, "expr": expr}}
        for expr in exprs
    ]
    nft = ({"table": table}, {"chain": chain}, *made)
    return replace(OPEN, nft=nft)


def match(left: Any, right: Any) -> dict[str, Any]:
    return {"match": {"op": "==", "left": left, "right": right}}


DROP, ACCEPT = {"drop": None}, {"accept": None}
IN = {"meta": {"key": "iifname"}}
PORT = {"payload": {"protocol": "udp", "field": "dport"}}
SOURCE = {"payload": {"protocol": "ip", "field": "saddr"}}


def host(bridge: str = "br0", **more: Any) -> Observed:
    """One guest, its tap a port of a bridge that has eth0 as well."""
    kind = more.pop("kind", "bridge")
    source = more.pop("source", f"<source bridge='{bridge}'/>")
    xml = nic_xml(target="vnet0", kind=kind, source=source)
    seen = observed(domain(domain_xml(xml), domain_xml(xml)))
    ports = {"vnet0": bridge, **({"eth0": bridge} if more.pop("uplink", True) else {})}
    bridges = LINKS.bridges | {bridge}
    return replace(seen, links=replace(LINKS, ports=ports, bridges=bridges), **more)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Any:
    def load(found: Rulesets, *, calls: bool = False) -> None:
        monkeypatch.setattr(nic_rules, "read_rulesets", lambda asked: found)
        made = BridgeCalls(ip=calls, ip6=calls)
        routes = HostRoutes(default_links=("eth0",))
        monkeypatch.setattr(nic_rules, "read_routes", lambda: routes)
        monkeypatch.setattr(nic_rules, "read_bridge_calls", lambda bridges: made)

    return load


def judged(there: Observed, *addresses: str) -> tuple[tuple[str | None, str | None], list[str]]:
    found = FrameRules(there)
    live = there.domains[0].nics[0].live
    assert live is not None
    known = [Address(address=each, prefix=24, mac=MAC, origin=Origin.ARP) for each in addresses]
    judgement = found.judge("vm1", live, known)
    return judgement, list(found.notes)


@pytest.mark.parametrize(
    ("found", "calls", "says"),
    [
        (OPEN, True, (None, None)),
        (rules("ip", "forward", policy="drop"), True, ("DHCP dropped by table ip theirs", None)),
        (rules("ip", "forward", policy="drop"), False, (None, None)),
        (rules("bridge", "forward", policy="drop"), False, ("ARP", None)),
        (rules("bridge", "forward", [match(IN, "vnet0"), DROP]), False, ("ARP", None)),
        (rules("bridge", "forward", [match(IN, "vnet7"), DROP]), False, (None, None)),
        (rules("bridge", "forward", [match(IN, "eth0"), DROP]), False, ("ARP", None)),
        (rules("ip", "forward", [match(PORT, 67), DROP]), True, ("DHCP", None)),
        (rules("ip", "forward", [match(SOURCE, "10.0.0.9"), DROP]), True, (None, "rules unclear")),
        (rules("ip", "input", policy="drop"), True, (None, None)),
    ],
)
def test_frames_to_the_lan(
    loaded: Any, found: Rulesets, says: tuple[str | None, str | None], *, calls: bool
) -> None:
    loaded(found, calls=calls)
    (dropped, unchecked), notes = judged(host())
    assert unchecked == says[1]
    assert (dropped or "").startswith(says[0] or "")
    assert (dropped is None) is (says[0] is None)
    assert bool(notes) is (says != (None, None))


@pytest.mark.parametrize(("address", "says"), [("10.0.0.9", "TCP"), ("10.0.0.8", None)])
def test_an_address_that_is_known_tells(loaded: Any, address: str, says: str | None) -> None:
    loaded(rules("ip", "forward", [match(SOURCE, "10.0.0.9"), DROP]), calls=True)
    (dropped, unchecked), _ = judged(host(), address)
    assert unchecked is None
    assert (dropped or "").partition(" ")[0] == (says or "")


def lab(*ranges: str) -> Any:
    seen = network("lab")
    assert seen.live is not None
    found = tuple(DhcpRange(start=each, end=each) for each in ranges)  # type: ignore[arg-type]
    return replace(seen, live=replace(seen.live, dhcp_ranges=found))


@pytest.mark.parametrize(("ranges", "says"), [(("192.0.2.1",), "DHCP dropped by"), ((), "")])
def test_on_a_networks_own_bridge_the_host_has_to_take_dhcp(
    loaded: Any, ranges: tuple[str, ...], says: str
) -> None:
    loaded(rules("ip", "input", [match(PORT, 67), DROP]))
    there = host(
        "virbr0",
        uplink=False,
        kind="network",
        source="<source network='lab' bridge='virbr0'/>",
        networks=(lab(*ranges),),
    )
    (dropped, _), _ = judged(there)
    assert (dropped or "").startswith(says)
    assert bool(dropped) is bool(says)


LAB_SUBNETS = (ip_network("192.0.2.0/24"),)
OUT = {"meta": {"key": "oifname"}}


@pytest.mark.parametrize(
    ("mode", "found", "says"),
    [
        (NetworkMode.NAT, OPEN, None),
        (NetworkMode.NAT, rules("ip", "forward", policy="drop"), "TCP dropped by table ip theirs"),
        (NetworkMode.ROUTED, rules("inet", "forward", [match(OUT, "virbr0"), DROP]), "TCP dropped"),
        (NetworkMode.NAT, rules("inet", "forward", [match(OUT, "virbr9"), DROP]), None),
        (NetworkMode.ISOLATED, rules("ip", "forward", policy="drop"), None),
    ],
)
def test_through_the_host_where_the_network_is_routed(
    loaded: Any, mode: NetworkMode, found: Rulesets, says: str | None
) -> None:
    loaded(found)
    seen = network("lab", mode)
    assert seen.live is not None
    there = host(
        "virbr0",
        uplink=False,
        kind="network",
        source="<source network='lab' bridge='virbr0'/>",
        networks=(replace(seen, live=replace(seen.live, subnets=LAB_SUBNETS)),),
    )
    (dropped, unchecked), _ = judged(there)
    assert unchecked is None
    assert (dropped or "").startswith(says or "")
    assert (dropped is None) is (says is None)


def test_another_guest_is_no_way_to_the_lan(loaded: Any) -> None:
    """Listed alone, it has neighbours that were not asked for: their taps are told by the MAC."""
    loaded(rules("bridge", "forward", [match(OUT, "eth0"), DROP]))
    there = host()
    assert there.links is not None
    ports, macs = {**(there.links.ports or {}), "vnet9": "br0"}, {"fe:54:00:00:00:09": "vnet9"}
    there = replace(there, links=replace(there.links, ports=ports, macs=macs))
    assert (judged(there)[0][0] or "").startswith("ARP dropped")


def test_many_nics_share_a_note(loaded: Any) -> None:
    loaded(rules("bridge", "forward", policy="drop"))
    there = host()
    found, live = FrameRules(there), there.domains[0].nics[0].live
    assert live is not None
    for number in range(20):
        found.judge(f"vm{number}", live, [])
    (note,) = found.notes
    assert note.startswith("vm0/lan, vm1/lan, ")
    assert "and 12 more: ARP is dropped by table bridge theirs, chain all: policy drop" in note


def test_what_was_not_read_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(asked: Any) -> Rulesets:
        asked.unseen.append(Unseen(part="rulesets.nft", needs=Need.ROOT, why="needs root"))
        return Rulesets()

    monkeypatch.setattr(nic_rules, "read_rulesets", read)
    judgement, notes = judged(host())
    assert judgement == (None, "rules not checked")
    assert "needs root" in notes[0]


def test_rules_have_no_say_on_open_vswitch(loaded: Any) -> None:
    loaded(rules("bridge", "forward", policy="drop"))
    there = host("ovs0")
    assert there.links is not None
    there = replace(there, links=replace(there.links, bridges=LINKS.bridges))
    assert judged(there)[0] == (None, None)
