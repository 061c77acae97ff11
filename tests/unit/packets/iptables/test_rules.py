"""What iptables' matches and targets mean, by the text of iptables-save."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

import pytest

from vnetmgr.model.record import replace
from vnetmgr.packets import BridgeCalls, Rules, Surroundings, Verdict, usual

GUEST, WEB = ip_address("10.0.0.5"), ip_address("192.0.2.1")
PACKET = replace(
    usual.tcp(GUEST, WEB, 443),
    mac_from="52:54:00:00:00:01",
    in_link="br0",
    in_port="vnet0",
    out_link="eth0",
    source_port=40000,
)
BRIDGED = replace(PACKET, out_link="br0", out_port="vnet1")
AROUND = Surroundings([("br0", ip_interface("10.0.0.1/24"))], [(ip_network("10.0.0.0/24"), "br0")])


def rules(*lines: str, policy: str = "ACCEPT", version: int = 4) -> Rules:
    text = "\n".join(["*filter", f":FORWARD {policy}", ":OWN -", *lines, "COMMIT", ""])
    return Rules([], legacy={version: text}, calls=BridgeCalls(ip=True), around=AROUND)


@pytest.mark.parametrize(
    ("match", "matches"),
    [
        ("-s 10.0.0.0/24", True),
        ("-s 10.0.0.0/255.255.255.0", True),
        ("! -s 10.0.0.0/24", False),
        ("-s 10.0.0.5/32 -d 192.0.2.1/32", True),
        ("-i br0", True),
        ("-i br+", True),
        ("-i +", True),
        ("! -i br0", False),
        ("-o eth0", True),
        ("-p tcp", True),
        ("-p 6", True),
        ("! -p udp", True),
        ("-p all", True),
        ("-p tcp -m tcp --dport 443", True),
        ("-p tcp -m tcp --dport 400:500", True),
        ("-p tcp -m tcp --dport 444:", False),
        ("-p tcp -m tcp ! --dport 443", False),
        ("-p udp -m udp --dport 443", False),
        ("-p tcp -m multiport --dports 80,443", True),
        ("-p tcp -m multiport --dports 80,400:500", True),
        ("-p tcp -m multiport ! --dports 80,443", False),
        ("-p tcp -m multiport --ports 40000", True),
        ("-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", True),
        ("-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK", False),
        ("-p icmp -m icmp --icmp-type 8", False),
        ("-m conntrack --ctstate NEW,UNTRACKED", True),
        ("-m conntrack --ctstate RELATED,ESTABLISHED", False),
        ("-m conntrack ! --ctstate DNAT", True),
        ("-m conntrack --ctdir ORIGINAL", True),
        ("-m conntrack --ctorigdst 192.0.2.1", True),
        ("-m state --state NEW", True),
        ("-m mark --mark 0x0/0x1", True),
        ("-m connmark ! --mark 0x0", False),
        ("-m addrtype --dst-type LOCAL", False),
        ("-m addrtype ! --dst-type LOCAL", True),
        ("-m addrtype --dst-type UNICAST,LOCAL", True),
        ("-m physdev --physdev-in vnet0", True),
        ("-m physdev --physdev-in vnet+", True),
        ("-m physdev --physdev-is-bridged", False),
        ("-m mac --mac-source 52:54:00:00:00:01", True),
        ("-m iprange --src-range 10.0.0.1-10.0.0.9", True),
        ("-m limit --limit 5/min --limit-burst 3", True),
        ("-m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 5 --hashlimit-name x", True),
        ("-m hashlimit --hashlimit-above 5/sec --hashlimit-name x", False),
        ('-m comment --comment "-j ACCEPT"', True),
        ("-m rpfilter", True),
        ("-m rpfilter --invert", False),
        ("-f", False),
    ],
)
def test_matches(*, match: str, matches: bool) -> None:
    outcome = rules(f"-A FORWARD {match} -j DROP").forwarded(PACKET)
    assert (outcome.verdict, outcome.unknown) == (
        Verdict.DROP if matches else Verdict.ACCEPT,
        (),
    )


@pytest.mark.parametrize(
    ("match", "name"),
    [
        ("-m set --match-set blocked src", "the ipset blocked"),
        ("-m string --string x --algo bm", "the match string of iptables"),
        ("-m time --timestart 08:00", "the match time of iptables"),
        ("-m socket", "the match socket of iptables"),
        ("-m statistic --mode random --probability 0.5", "the match statistic of iptables"),
        ("-m nosuch --what ever", "the match nosuch of iptables"),
        ("-p nosuch", "-p nosuch"),
        ("-m tcp --dport x", "--dport x"),
    ],
)
def test_what_is_not_known_is_named(match: str, name: str) -> None:
    outcome = rules(f"-A FORWARD {match} -j DROP").forwarded(PACKET)
    assert outcome.verdict is Verdict.UNKNOWN
    assert f"{name} (iptables-legacy filter FORWARD)" in outcome.unknown


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (["-A FORWARD -j DROP"], Verdict.DROP),
        (["-A FORWARD -j REJECT --reject-with tcp-reset"], Verdict.REJECT),
        (['-A FORWARD -j LOG --log-prefix "-j ACCEPT"', "-A FORWARD -j DROP"], Verdict.DROP),
        (["-A FORWARD -j OWN", "-A OWN -j RETURN", "-A FORWARD -j DROP"], Verdict.DROP),
        (["-A FORWARD -g OWN", "-A FORWARD -j DROP"], Verdict.ACCEPT),
        (["-A FORWARD -j RETURN", "-A FORWARD -j DROP"], Verdict.ACCEPT),
        (["-A FORWARD -s 10.0.0.5"], Verdict.ACCEPT),
        (["-A FORWARD -j NFQUEUE --queue-num 1"], Verdict.UNKNOWN),
        (
            [
                "-A FORWARD -j MARK --set-xmark 0x4/0xf",
                "-A FORWARD -m mark --mark 0x4/0xf -j DROP",
            ],
            Verdict.DROP,
        ),
        (
            [
                "-A FORWARD -j CONNMARK --set-xmark 0x3/0xffffffff",
                "-A FORWARD -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
                "-A FORWARD -m mark --mark 0x3 -j DROP",
            ],
            Verdict.DROP,
        ),
    ],
)
def test_targets(lines: list[str], verdict: Verdict) -> None:
    assert rules(*lines).forwarded(PACKET).verdict is verdict


def test_ports_of_a_bridge() -> None:
    loaded = rules("-A FORWARD -m physdev --physdev-is-bridged --physdev-out vnet1 -j DROP")
    assert loaded.bridged(BRIDGED).verdict is Verdict.DROP
    assert loaded.forwarded(PACKET).passes


@pytest.mark.parametrize(
    ("target", "end"),
    [
        ("10.0.0.9", ("10.0.0.9", 443)),
        ("10.0.0.9:80", ("10.0.0.9", 80)),
        (":80", ("192.0.2.1", 80)),
        ("10.0.0.1-10.0.0.9", ("None", 443)),
    ],
)
def test_destination_nat(target: str, end: tuple[str, int]) -> None:
    text = f"*nat\n:PREROUTING ACCEPT\n-A PREROUTING -p tcp -j DNAT --to-destination {target}\n"
    packet = Rules([], legacy={4: text}).arriving(PACKET).packet
    assert (str(packet.target), packet.target_port) == end


@pytest.mark.parametrize(
    ("match", "matches"),
    [
        ("-p ARP --arp-op Request", True),
        ("-p ARP --arp-ip-src ! 10.0.0.5", False),
        ("-s ! 52:54:00:00:00:01", False),
        ("-s 52:54:00:00:00:00/ff:ff:ff:00:00:00", True),
        ("-d Broadcast", True),
        ("-d Multicast", True),
        ("-i vnet+", True),
        ("-o vnet0", False),
        ("--logical-in br0", True),
        ("-p 0x806", True),
        ("-p IPv4", False),
        ("-p IPv4 --ip-src ! 10.0.0.5", False),
    ],
)
def test_ebtables(*, match: str, matches: bool) -> None:
    place = {"family": "bridge", "table": "filter"}
    hook = {"type": "filter", "hook": "forward", "prio": -200, "policy": "accept"}
    rule = {**place, "chain": "FORWARD", "handle": 2, "expr": [{"xt": None}, {"drop": None}]}
    text = f"*filter\n:FORWARD ACCEPT\n-A FORWARD {match} -j DROP\n"
    loaded = Rules(
        [{"chain": {**place, "name": "FORWARD", **hook}}, {"rule": rule}], faces={"bridge": text}
    )
    packet = replace(
        usual.arp("52:54:00:00:00:01", GUEST, WEB),
        in_link="br0",
        out_link="br0",
        in_port="vnet0",
        out_port="vnet1",
    )
    assert loaded.bridged(packet).verdict is (Verdict.DROP if matches else Verdict.ACCEPT)
