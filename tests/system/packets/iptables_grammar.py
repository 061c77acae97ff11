"""Random rules of iptables and ebtables, as their restore programs take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.system.packets.universe import FOUR, MACS, NETWORKS, PORTS, SIX

if TYPE_CHECKING:
    from random import Random


def iptables(random: Random, version: int) -> str:
    """Tables of one IP version."""
    lines = ["*filter", ":INPUT ACCEPT", f":FORWARD {random.choice(['ACCEPT', 'ACCEPT', 'DROP'])}"]
    lines += [":OUTPUT ACCEPT", ":OWN -", ":DOCKER-USER -"]
    for chain in ("INPUT", "FORWARD", "FORWARD", "OUTPUT", "OWN", "DOCKER-USER"):
        for _ in range(random.randint(1, 4)):
            lines.append(f"-A {chain} {_iptables_rule(random, version, chain)}")
    lines.append("COMMIT")
    if random.random() < 0.6:
        lines += _iptables_nat(random, version)
    if random.random() < 0.4:
        mark = random.choice(["MARK --set-xmark 0x1/0xff", "CONNMARK --set-xmark 0x3/0xffffffff"])
        lines += ["*mangle", ":PREROUTING ACCEPT", ":FORWARD ACCEPT", ":POSTROUTING ACCEPT"]
        lines += [f"-A PREROUTING {_iptables_match(random, version, 'PREROUTING')} -j {mark}"]
        lines += ["-A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff"]
        lines += ["-A FORWARD -j CONNMARK --save-mark", "COMMIT"]
    if random.random() < 0.2:
        match = random.choice(
            ["-p udp -m udp --dport 53", "-i br0", "-m addrtype --dst-type LOCAL"]
        )
        lines += ["*raw", ":PREROUTING ACCEPT", f"-A PREROUTING {match} -j CT --notrack", "COMMIT"]
    return "\n".join([*lines, ""])


def _iptables_rule(random: Random, version: int, chain: str) -> str:
    matches = [_iptables_match(random, version, chain) for _ in range(random.choice([1, 1, 2]))]
    kept: dict[str, str] = {}
    for each in matches:
        kept.setdefault(_about(each), each)
    targets = ["ACCEPT", "ACCEPT", "DROP", "RETURN", "REJECT", 'LOG --log-prefix "x y"']
    targets += ["MARK --set-xmark 0x1/0xffffffff"] if chain in ("PREROUTING",) else []
    if chain in ("INPUT", "FORWARD", "OUTPUT"):
        targets += ["OWN", "DOCKER-USER"]
        if random.random() < 0.1:
            return " ".join([*kept.values(), "-g OWN"])
    return " ".join([*kept.values(), "-j", random.choice(targets)])


def _about(match: str) -> str:
    """Of options that iptables takes once, the first counts."""
    words = match.replace("! ", "").split()
    return "-p" if words[0] == "-p" else words[0] if words[0] != "-m" else " ".join(words[:2])


def _iptables_match(random: Random, version: int, chain: str) -> str:
    addresses, icmp = (FOUR, "icmp") if version == 4 else (SIX, "icmpv6")
    sign = random.choice(["", "", "! "])
    port, other = sorted(random.sample(PORTS, 2))
    transport = random.choice(["tcp", "udp"])
    echo = (
        "-p icmp -m icmp --icmp-type 8" if version == 4 else "-p icmpv6 -m icmp6 --icmpv6-type 128"
    )
    found = [
        f"{sign}-s {random.choice(addresses)}",
        f"{sign}-d {random.choice(NETWORKS[version])}",
        f"{sign}-p {random.choice(['tcp', 'udp', icmp])}",
        f"-p {transport} -m {transport} {sign}--dport {port}",
        f"-p {transport} -m {transport} --dport {port}:{other}",
        f"-p {transport} -m multiport {sign}--dports {port},{other}",
        f"-p {transport} -m multiport --ports {port},30000:60000",
        f"-p tcp -m tcp {sign}--tcp-flags SYN,ACK SYN",
        echo,
        f"-m conntrack {sign}--ctstate {random.choice(['NEW', 'RELATED,ESTABLISHED', 'DNAT'])}",
        f"-m conntrack --ctdir {random.choice(['ORIGINAL', 'REPLY'])}",
        f"-m conntrack {sign}--ctorigdst {random.choice(addresses)}",
        f"-m mark {sign}--mark 0x1/0x1",
        f"-m connmark {sign}--mark 0x3",
        f"-m addrtype {sign}--dst-type LOCAL",
        '-m comment --comment "it\'s \\"so\\""',
        "-m limit --limit 1000/sec --limit-burst 1000",
        f"-m iprange {sign}--src-range {addresses[0]}-{addresses[1]}",
    ]
    if chain in ("INPUT", "FORWARD", "PREROUTING"):
        found += [
            f"{sign}-i {random.choice(['br0', 'pc', 'p+'])}",
            f"-m physdev {sign}--physdev-in {random.choice(['pa', 'pb'])}",
            f"-m mac {sign}--mac-source {random.choice(MACS)}",
        ]
    if chain == "FORWARD":
        found += [
            f"{sign}-o {random.choice(['br0', 'pc', 'b+'])}",
            f"-m physdev {sign}--physdev-is-bridged",
            "-m physdev --physdev-is-bridged --physdev-out pb",
        ]
    if chain == "OUTPUT":
        found += [f"{sign}-o {random.choice(['br0', 'pc'])}"]
    return random.choice(found)


def _iptables_nat(random: Random, version: int) -> list[str]:
    address = random.choice(FOUR if version == 4 else SIX)
    wrapped = address if version == 4 else f"[{address}]"
    port = random.choice(PORTS)
    network = "10.0.0.0/24" if version == 4 else "fd00::/64"
    tcp, other = f"-p tcp -m tcp --dport {port}", "10.1.0.77" if version == 4 else "fd01::77"
    lines = ["*nat", ":PREROUTING ACCEPT", ":INPUT ACCEPT", ":OUTPUT ACCEPT", ":POSTROUTING ACCEPT"]
    lines += [":DOCKER -", "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"]
    lines.append(
        random.choice(
            [
                f"-A DOCKER ! -i lo {tcp} -j DNAT --to-destination {wrapped}:80",
                f"-A PREROUTING -p udp -m udp --dport {port} -j DNAT --to-destination {address}",
                f"-A PREROUTING {tcp} -j REDIRECT --to-ports 8080",
            ]
        )
    )
    lines.append(
        random.choice(
            [
                f"-A POSTROUTING -s {network} ! -o br0 -j MASQUERADE",
                f"-A POSTROUTING -o pc -j SNAT --to-source {other}",
            ]
        )
    )
    return [*lines, "COMMIT"]


def ebtables(random: Random) -> str:
    """One table."""
    lines = ["*filter", ":INPUT ACCEPT", ":FORWARD ACCEPT", ":OUTPUT ACCEPT", ":OWN ACCEPT"]
    for chain in ("INPUT", "FORWARD", "FORWARD", "OUTPUT", "OWN"):
        for _ in range(random.randint(1, 3)):
            targets = ["ACCEPT", "DROP", "CONTINUE", *(["OWN"] if chain != "OWN" else ["RETURN"])]
            lines.append(f"-A {chain} {_ebtables_match(random, chain)} -j {random.choice(targets)}")
    return "\n".join([*lines, ""])


def _ebtables_match(random: Random, chain: str) -> str:
    sign = random.choice(["", "", "! "])
    found = [
        f"-s {sign}{random.choice(MACS)}",
        f"-d {sign}{random.choice(MACS)}",
        f"-p {sign}{random.choice(['IPv4', 'IPv6', 'ARP'])}",
        f"-p ARP --arp-op {random.choice(['Request', 'Reply'])}",
        f"-p ARP --arp-ip-src {sign}{random.choice(FOUR)}",
        f"-p IPv4 --ip-src {sign}{random.choice(FOUR)}",
        f"-p IPv4 --ip-dst {sign}10.0.0.0/24",
        f"-p IPv4 --ip-proto udp --ip-dport {random.choice(PORTS)}",
        f"-p IPv4 --ip-proto {sign}tcp",
        f"-p IPv6 --ip6-src {random.choice(SIX)}",
    ]
    if chain in ("INPUT", "FORWARD"):
        found += [f"-i {sign}{random.choice(['pa', 'pb', 'p+'])}"]
    if chain in ("OUTPUT", "FORWARD"):
        found += [f"-o {sign}{random.choice(['pa', 'pb'])}"]
    return random.choice(found)
