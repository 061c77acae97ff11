"""Rules of every kind, and what nft lists where they are in place."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from vnetmgr.model.forward import Protocol
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import LiveRules, Passage, Rule

A, B = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
WEB = Rule(
    domain=A,
    mac="52:54:00:00:00:01",
    bridge="virbr7",
    protocol=Protocol.TCP,
    listen=None,
    host_port=8080,
    guest_address=ip_address("10.0.0.5"),
    guest_port=80,
)
SIX = replace(WEB, guest_address=ip_address("fd00::5"))
DNS = replace(WEB, protocol=Protocol.UDP, host_port=53, guest_port=53)
HERE = replace(WEB, listen=ip_address("192.0.2.1"), host_port=443, guest_port=443)
SIX_HERE = replace(SIX, listen=ip_address("2001:db8::1"), host_port=443, guest_port=443)
FEW = replace(
    WEB,
    host_port=22,
    guest_port=22,
    allow_from=tuple(map(ip_network, ("127.0.0.0/8", "192.0.2.0/24", "198.51.100.7/32"))),
    loopback=True,
)
LOCAL = replace(
    WEB,
    domain=B,
    mac="52:54:00:00:00:02",
    bridge="virbr8",
    host_port=9090,
    guest_address=ip_address("10.1.0.5"),
    loopback=True,
)
RANGE = replace(WEB, host_port=8000, guest_port=8000, ports=11, loopback=True)
SIX_RANGE = replace(SIX, host_port=8000, guest_port=8000, ports=11)
NAT = Passage(
    bridge="virbr7",
    masquerade=(ip_network("10.0.0.0/24"), ip_network("fd00::/64")),
    localnet=True,
)
ISOLATED = Passage(bridge="virbr8", masquerade=(ip_network("0.0.0.0/0"),), localnet=True)
ALL = LiveRules(
    rules=(WEB, DNS, HERE, FEW, RANGE, LOCAL, SIX, SIX_HERE, SIX_RANGE),
    passages=(NAT, ISOLATED),
)

# What nft 1.0.6 lists where it was given transaction(LiveRules(), ALL) in a network namespace of
# its own (unshare -n): `nft -j -f FILE; nft -j list ruleset`, an object on each line.
LISTED = Path(__file__).with_name("listed.json")
# What the version before it had: neither marks nor ranges. Of the same, but for RANGE.
UNMARKED = Path(__file__).with_name("listed_unmarked.json")
# And the other tables of others.nft, given and listed in the same way.
OTHERS = Path(__file__).with_name("others.json")


def entries(file: Path = LISTED) -> list[dict[str, Any]]:
    """The objects of a listing."""
    found: list[dict[str, Any]] = json.loads(file.read_text())["nftables"]
    return found


def document(entries: list[dict[str, Any]]) -> str:
    """A listing of objects."""
    return json.dumps({"nftables": entries})
