"""Rules that drop what counts: whose they are is told, and what lets it through; and rules that are
all right are left alone."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.unit.doctor.hosts import (
    bridge_host,
    filtering_host,
    nat_host,
    network_host,
    network_of,
    route,
    with_domain,
    with_link,
    with_nic,
    with_sysctl,
)
from tests.unit.doctor.rulesets import NOTHING, libvirt_text, loaded, with_legacy
from vnetmgr.doctor.walk import walk
from vnetmgr.model.forward import Forward
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.path.finding import Finding, Status
from vnetmgr.model.path.routes import RouteRule
from vnetmgr.model.path.rulesets import Rulesets
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts


def findings(facts: PathFacts) -> dict[str, Finding]:
    (path,) = walk(facts)
    return {each.check: each for each in path.findings}


def cause(facts: PathFacts) -> Finding | None:
    (path,) = walk(facts)
    return path.first_cause


def with_rules(facts: PathFacts, rules: Rulesets) -> PathFacts:
    return replace(facts, rulesets=rules)


def by_iptables(facts: PathFacts) -> PathFacts:
    """br_netfilter hands bridged packets to iptables, as it does when it is loaded."""
    for program in ("iptables", "ip6tables"):
        facts = with_sysctl(facts, f"net/bridge/bridge-nf-call-{program}", 1)
    return facts


def nat(*names: str) -> PathFacts:
    return with_rules(nat_host(), loaded(*names))


def lan(*names: str) -> PathFacts:
    return by_iptables(with_rules(bridge_host(), loaded(*names)))


def legacy(*rules: str, policy: str = "ACCEPT") -> Rulesets:
    lines = ["*filter", ":INPUT ACCEPT", f":FORWARD {policy}", ":OUTPUT ACCEPT", *rules, "COMMIT"]
    return with_legacy(NOTHING, "\n".join(lines) + "\n")


def nft(
    family: str, hook: str, *expressions: dict[str, object], policy: str = "accept"
) -> Rulesets:
    """One chain of somebody's, with one rule."""
    place = {"family": family, "table": "guard"}
    chain = {"name": "c", "handle": 1, "type": "filter", "hook": hook, "prio": 0, "policy": policy}
    objects: list[dict[str, object]] = [
        {"table": {"family": family, "name": "guard", "handle": 1}},
        {"chain": {**place, **chain}},
    ]
    if expressions:
        objects.append({"rule": {**place, "chain": "c", "handle": 7, "expr": list(expressions)}})
    return replace(NOTHING, nft=tuple(objects))


def also(rules: Rulesets, more: Rulesets) -> Rulesets:
    return replace(rules, nft=(*(rules.nft or ()), *(more.nft or ())))


def without_nat(rules: Rulesets) -> Rulesets:
    """`iptables -t nat -F`, or what it is on nftables: the chains stay."""
    chains = ("LIBVIRT_PRT", "guest_nat")
    kept = (x for x in rules.nft or () if x.get("rule", {}).get("chain") not in chains)
    return replace(rules, nft=tuple(kept))


def asks(key: str, value: object) -> dict[str, object]:
    return {"match": {"op": "==", "left": {"meta": {"key": key}}, "right": value}}


def port(protocol: str, number: int) -> dict[str, object]:
    left = {"payload": {"protocol": protocol, "field": "dport"}}
    return {"match": {"op": "==", "left": left, "right": number}}


DROP: dict[str, object] = {"drop": None}


WANTED = Forward(nic="lan", host_port=8080, guest_port=80)
_NAT = """\
*nat
:PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.168.150.20:80
-A POSTROUTING -s 192.168.150.0/24 ! -d 192.168.150.0/24 -j MASQUERADE
COMMIT
"""


def forwarded(*accepts: str, forward: Forward = WANTED, nat_table: str = _NAT) -> PathFacts:
    text = libvirt_text(network_of(), 4).partition("*nat")[0]
    first = "-A FORWARD -j LIBVIRT_FWX"
    text = text.replace(first, "\n".join((*accepts, first)))
    facts = with_domain(nat_host(), forwards=(forward,))
    return with_rules(facts, with_legacy(NOTHING, text + nat_table))


ACCEPT = "-A FORWARD -d 192.168.150.20/32 -p tcp -m tcp --dport 80 -j ACCEPT"


_AHEAD = "-A POSTROUTING -s 192.168.150.0/24 -j ACCEPT"


class Case(NamedTuple):
    """A host, and what doctor has to say."""

    facts: PathFacts
    check: str
    owner: str
    remedy: str | None
    fixable: bool = False
    status: Status = Status.BROKEN


CASES: dict[str, Case] = {
    "br_netfilter and Docker's policy": Case(
        lan("docker"),
        "firewall-dhcp",
        "Docker: table ip filter, chain FORWARD, policy drop",
        "iptables -I DOCKER-USER -i br0 -o br0 -j ACCEPT",
    ),
    "the bridge's own switch and Docker's policy": Case(
        with_link(
            with_rules(bridge_host(), loaded("docker")),
            "br0",
            bridge=replace(bridge_host().link("br0").bridge, nf_call_iptables=True),  # type: ignore[type-var, union-attr]
        ),
        "firewall-dhcp",
        "Docker: table ip filter, chain FORWARD, policy drop",
        "iptables -I DOCKER-USER -i br0 -o br0 -j ACCEPT",
    ),
    "Docker's policy, and libvirt's rules gone": Case(
        nat("docker"),
        "firewall-https",
        "Docker: table ip filter, chain FORWARD, policy drop",
        "iptables -I DOCKER-USER -i virbr0 -o eth0 -j ACCEPT",
    ),
    "ufw at the host's door": Case(
        nat("ufw", "libvirt_nftables"),
        "firewall-dhcp",
        "ufw: table ip filter, chain ufw-skip-to-policy-input",
        "ufw allow in on virbr0 to any port 67 proto udp",
    ),
    "ufw between bridge's ports": Case(
        lan("ufw"),
        "firewall-dhcp",
        "ufw: table ip filter, chain FORWARD, policy drop",
        "ufw route allow in on br0 out on br0",
    ),
    "firewalld without libvirt's zone": Case(
        nat("firewalld_without_zone", "libvirt_nftables"),
        "firewall-dhcp",
        "firewalld: table inet firewalld, chain filter_INPUT, reject",
        "firewall-cmd --permanent --zone=libvirt --change-interface=virbr0 && "
        "firewall-cmd --reload",
    ),
    "firewalld between a bridge's ports": Case(
        lan("firewalld_without_zone"),
        "firewall-dhcp",
        "firewalld: table inet firewalld, chain filter_FORWARD, reject",
        "firewall-cmd --permanent --zone=trusted --change-interface=br0 && firewall-cmd --reload",
    ),
    "somebody's chain drops what the host routes": Case(
        nat("libvirt", "corp"),
        "firewall-https",
        "table inet corp, chain forward, iifname virbr0 tcp dport 443 drop",
        """nft insert rule inet corp forward handle 4 iifname '"virbr0"' oifname '"eth0"' accept""",
    ),
    "somebody's chain drops what is bridged": Case(
        lan("corp"),
        "firewall-dhcp",
        "table inet corp, chain forward, iifname br0 drop",
        """nft insert rule inet corp forward handle 3 iifname '"br0"' oifname '"br0"' accept""",
    ),
    "ARP dropped in the bridge family": Case(
        with_rules(bridge_host(), loaded("bridge")),
        "firewall-arp",
        "table bridge guard, chain forward, ether type arp drop",
        """nft insert rule bridge guard forward handle 2 iifname '"vnet0"' oifname '"eth0"' """
        "accept",
    ),
    "a policy in the bridge family": Case(
        with_rules(bridge_host(), nft("bridge", "forward", policy="drop")),
        "firewall-dhcp",
        "table bridge guard, chain c, policy drop",
        """nft insert rule bridge guard c iifname '"vnet0"' oifname '"eth0"' accept""",
    ),
    "what comes in at a port": Case(
        with_rules(bridge_host(), nft("bridge", "prerouting", asks("iifname", "eth0"), DROP)),
        "firewall-dhcp",
        "table bridge guard, chain c, iifname eth0 drop",
        """nft insert rule bridge guard c handle 7 iifname '"eth0"' accept""",
    ),
    "iptables-legacy": Case(
        by_iptables(with_rules(bridge_host(), legacy("-A FORWARD -i br0 -j DROP"))),
        "firewall-dhcp",
        "table iptables-legacy filter, chain FORWARD, -A FORWARD -i br0 -j DROP",
        "iptables-legacy -I FORWARD -i br0 -o br0 -j ACCEPT",
    ),
    "iptables-legacy's policy at the host's door": Case(
        with_rules(
            nat_host(),
            replace(
                loaded("libvirt_nftables"),
                iptables_legacy="*filter\n:INPUT DROP\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n",
            ),
        ),
        "firewall-dhcp",
        "table iptables-legacy filter, chain INPUT, policy drop",
        "iptables-legacy -I INPUT -i virbr0 -p udp --dport 67 -j ACCEPT",
    ),
    "DNS dropped at the host's door": Case(
        with_rules(
            nat_host(),
            also(loaded("libvirt_nftables"), nft("inet", "input", port("udp", 53), DROP)),
        ),
        "firewall-dns",
        "table inet guard, chain c, udp dport 53 drop",
        """nft insert rule inet guard c handle 7 iifname '"virbr0"' udp dport 53 accept""",
    ),
    "the host may not answer DHCP": Case(
        with_rules(
            nat_host(),
            also(loaded("libvirt_nftables"), nft("inet", "output", port("udp", 68), DROP)),
        ),
        "firewall-dhcp",
        "table inet guard, chain c, udp dport 68 drop",
        """nft insert rule inet guard c handle 7 oifname '"virbr0"' accept""",
    ),
    "answers do not come back": Case(
        with_rules(
            nat_host(),
            also(loaded("libvirt"), nft("inet", "forward", asks("oifname", "virbr0"), DROP)),
        ),
        "firewall-https",
        "table inet guard, chain c, oifname virbr0 drop",
        """nft insert rule inet guard c handle 7 iifname '"eth0"' oifname '"virbr0"' accept""",
    ),
    "pings alone": Case(
        with_rules(
            nat_host(),
            also(loaded("libvirt"), nft("ip", "input", asks("l4proto", "icmp"), DROP)),
        ),
        "firewall-ping",
        "table ip guard, chain c, meta l4proto icmp drop",
        """nft insert rule ip guard c handle 7 iifname '"virbr0"' accept""",
        status=Status.WARNING,
    ),
    "NAT rules flushed": Case(
        with_rules(nat_host(), without_nat(loaded("libvirt"))),
        "nat-missing",
        "libvirt's network lab",
        "vnetmgr restart-network lab",
        fixable=True,
    ),
    "a rule ahead of NAT": Case(
        with_rules(
            nat_host(),
            with_legacy(
                NOTHING,
                libvirt_text(network_of(), 4).replace(
                    "-A POSTROUTING", f"{_AHEAD}\n-A POSTROUTING", 1
                ),
            ),
        ),
        "nat-missing",
        f"table iptables-legacy nat, chain POSTROUTING, {_AHEAD}",
        "iptables-legacy -t nat -I POSTROUTING -s 192.168.150.0/24 -o eth0 -j MASQUERADE",
    ),
    "NAT rules flushed, on nftables": Case(
        with_rules(nat_host(), without_nat(loaded("libvirt_nftables"))),
        "nat-missing",
        "libvirt's network lab",
        "vnetmgr restart-network lab",
        fixable=True,
    ),
    "NAT rules flushed where nothing else is near": Case(
        with_rules(
            replace(
                nat_host(),
                routes=tuple(x for x in nat_host().routes or () if x.destination.prefixlen),
            ),
            without_nat(loaded("libvirt")),
        ),
        "nat-missing",
        "libvirt's network lab",
        "vnetmgr restart-network lab",
        fixable=True,
    ),
    "all rules flushed, with libvirt's chains": Case(
        nat(),
        "nat-missing",
        "libvirt's network lab",
        "systemctl try-restart libvirtd virtnetworkd",
    ),
    "NAT rules flushed, the others there": Case(
        with_rules(
            nat_host(),
            with_legacy(
                NOTHING,
                libvirt_text(network_of(), 4).partition("*nat")[0],
            ),
        ),
        "nat-missing",
        "libvirt's network lab",
        "systemctl try-restart libvirtd virtnetworkd",
    ),
    "libvirt's own reject, its accept gone": Case(
        with_rules(
            nat_host(),
            legacy(
                ":LIBVIRT_FWO -",
                "-A FORWARD -j LIBVIRT_FWO",
                "-A LIBVIRT_FWO -i virbr0 -j REJECT --reject-with icmp-port-unreachable",
            ),
        ),
        "firewall-https",
        "libvirt: table iptables-legacy filter, chain LIBVIRT_FWO",
        "systemctl try-restart libvirtd virtnetworkd",
    ),
    "libvirt's network filter": Case(
        by_iptables(
            with_rules(
                with_nic(bridge_host(), filter=None),
                legacy(
                    ":FO-vnet0 -",
                    "-A FORWARD -m physdev --physdev-is-bridged --physdev-in vnet0 -g FO-vnet0",
                    "-A FO-vnet0 -p tcp -m tcp --dport 443 -j DROP",
                ),
            )
        ),
        "firewall-https",
        "libvirt: table iptables-legacy filter, chain FO-vnet0",
        "vnetmgr update-nic web1 lan --filter none",
    ),
    "IPv6 abroad alone": Case(
        with_rules(
            replace(
                nat_host(ipv6=True),
                routes=(*(nat_host(ipv6=True).routes or ()), route("::/0", "eth0", via="fe80::9")),
            ),
            also(loaded("libvirt"), nft("ip6", "forward", port("tcp", 443), DROP)),
        ),
        "firewall-https-ipv6",
        "table ip6 guard, chain c, tcp dport 443 drop",
        """nft insert rule ip6 guard c handle 7 iifname '"virbr0"' oifname '"eth0"' accept""",
    ),
    "forward that the kernel has lost": Case(
        with_domain(nat_host(), forwards=(WANTED,)),
        "firewall-forward",
        "domain web1: port forwards",
        "vnetmgr add-forward web1 8080:80/tcp",
        fixable=True,
    ),
    "IPv6 discovery": Case(
        with_rules(
            nat_host(ipv6=True),
            also(loaded("libvirt"), nft("ip6", "input", asks("l4proto", "ipv6-icmp"), DROP)),
        ),
        "firewall-ipv6",
        "table ip6 guard, chain c",
        """nft insert rule ip6 guard c handle 7 iifname '"virbr0"' accept""",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_drops_is_named(case: Case) -> None:
    found = cause(case.facts)
    assert found is not None
    assert (found.check, found.status) == (case.check, case.status), found
    assert found.owner is not None
    assert found.owner.startswith(case.owner)
    assert (found.remedy, found.fixable) == (case.remedy, case.fixable)


HEALTHY = {
    "Docker, and no br_netfilter": with_rules(bridge_host(), loaded("docker")),
    "Docker, and its user's accept": lan("docker_user"),
    "Docker beside libvirt": nat("docker_libvirt"),
    "Docker beside libvirt, br_netfilter on": by_iptables(nat("docker_libvirt")),
    "ufw after libvirt": nat("ufw_libvirt"),
    "ufw with what it takes": nat("ufw_allowed", "libvirt_nftables"),
    "ufw with a route between a bridge's ports": lan("ufw_allowed"),
    "firewalld with libvirt's zone": with_rules(
        nat_host(ipv6=True), loaded("firewalld", "libvirt_nftables")
    ),
    "somebody drops mail alone": with_rules(
        nat_host(), also(loaded("libvirt"), nft("inet", "forward", port("tcp", 25), DROP))
    ),
    "a dormant table": with_rules(
        nat_host(),
        replace(
            also(loaded("libvirt"), nft("inet", "forward", policy="drop")), dormant=("inet guard",)
        ),
    ),
    "a VLAN with a tag passes by IP's rules": by_iptables(
        with_rules(filtering_host(30), loaded("docker"))
    ),
    "routed": network_host(network_of(NetworkMode.ROUTED)),
    "open, no rules": network_host(network_of(NetworkMode.OPEN)),
    "isolated": network_host(network_of(NetworkMode.ISOLATED)),
}


@pytest.mark.parametrize("facts", HEALTHY.values(), ids=HEALTHY.keys())
def test_rules_that_are_all_right_are_left_alone(facts: PathFacts) -> None:
    (path,) = walk(facts)
    assert path.first_cause is None
    rows = [each for each in path.findings if each.check.startswith("firewall")]
    assert rows
    unseen = {each.check for each in rows if each.status is not Status.OK}
    assert unseen <= {"firewall-https-ipv6"}, rows  # the host has no IPv6 route


@pytest.mark.parametrize("part", ["nft", "iptables_legacy", "ip6tables_legacy"])
def test_rules_that_were_not_seen_are_not_judged(part: str) -> None:
    rules = replace(loaded("ufw", "libvirt_nftables"), **{part: None})
    found = findings(with_rules(nat_host(), rules))
    rows = [each for check, each in found.items() if check.startswith(("firewall", "nat-"))]
    assert {each.status for each in rows} == {Status.NOT_CHECKED}


def test_what_cannot_be_evaluated_is_said_by_name() -> None:
    """And is neither ok nor broken."""
    rules = legacy("-A FORWARD -m string --string x --algo bm -j DROP")
    found = findings(by_iptables(with_rules(bridge_host(), rules)))["firewall-https"]
    assert found.status is Status.NOT_CHECKED
    assert "string" in found.cause


def test_without_a_route_abroad_no_rule_is_asked() -> None:
    facts = nat_host()
    routes = tuple(each for each in facts.routes or () if each.destination.prefixlen)
    found = findings(replace(facts, routes=routes))
    assert found["firewall-https"].status is Status.NOT_CHECKED
    assert found["nat-missing"].status is Status.OK  # into the host's own network, too


def test_past_policy_routing_it_cannot_be_told_where_packets_leave() -> None:
    rule = RouteRule(version=4, priority=50, table="52", other=("fwmark",))
    facts = nat_host()
    found = findings(replace(facts, route_rules=(*(facts.route_rules or ()), rule)))
    assert found["firewall-https"].status is Status.NOT_CHECKED


def test_a_forward_that_works_is_ok() -> None:
    found = findings(forwarded(ACCEPT))["firewall-forward"]
    assert found.status is Status.OK


def test_a_forward_that_libvirts_reject_stops() -> None:
    found = cause(forwarded())
    assert found is not None
    assert (found.check, found.status) == ("firewall-forward", Status.BROKEN)
    assert "a connection to forward 8080:80/tcp" in found.cause
    assert found.owner is not None
    assert found.owner.startswith("libvirt: table iptables-legacy filter, chain LIBVIRT_FWI")


@pytest.mark.parametrize(
    ("forward", "status"),
    [
        (replace(WANTED, listen=ip_address("192.0.2.10")), Status.OK),
        (replace(WANTED, listen=ip_address("203.0.113.9")), Status.NOT_CHECKED),  # no such address
        (replace(WANTED, allow_from=(ip_network("198.51.100.0/24"),)), Status.OK),
        (replace(WANTED, nic="other", host_port=9), None),
    ],
)
def test_forwards_are_asked_for_where_they_listen(forward: Forward, status: Status | None) -> None:
    found = findings(forwarded(ACCEPT, forward=forward)).get("firewall-forward")
    assert (None if found is None else found.status) is status
