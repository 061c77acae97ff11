"""The tables that have the kernel trace some packets: nothing else comes of them.

Their text is put together of addresses, numbers and vnetmgr's own words: no text of a user's, of a
guest's or of the network's is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.path.live import Wanted

PER_SECOND = 20
"""How many packets a rule has traced in a second: one can have fifty hops."""
_BEFORE_ALL = -350  # raw is -300
_AFTER_CONNTRACK = -199
_AFTER_ALL = 1_000_000
HOOKS = {"answers": "prerouting"}
"""Chain -> its hook, where it is not called by that."""
# Chains that are called by their hook, and show by their policy that a packet came so far.
_ENDS = {
    "bridge": ("input", "forward", "postrouting"),
    "inet": ("input", "forward", "postrouting"),
}
_TRACE = f"counter limit rate {PER_SECOND}/second burst {PER_SECOND} packets counter nftrace set 1"


def build_tables(name: str, wanted: Wanted) -> str:
    """Two tables of that name, which the kernel removes with the process that holds them."""
    there = _match(wanted, reply=False)
    back = _match(wanted, reply=True)
    rules = [f"{each} {_TRACE}" for each in (there, back)]
    # Of a packet without the guest's address only the bridge can tell whose it is.
    routed = rules if wanted.source is not None else []
    chains = {
        "bridge": (("prerouting", _BEFORE_ALL, rules), ("output", _BEFORE_ALL, rules)),
        "inet": (
            ("prerouting", _BEFORE_ALL, routed),
            ("output", _BEFORE_ALL, routed),
            ("answers", _AFTER_CONNTRACK, [f"{each} {_TRACE}" for each in _answers(wanted)]),
        ),
    }
    return "".join(
        _table(family, name, [*own, *((hook, _AFTER_ALL, []) for hook in _ENDS[family])])
        for family, own in chains.items()
    )


def _table(family: str, name: str, chains: list[tuple[str, int, list[str]]]) -> str:
    lines = [f"table {family} {name} {{", "flags owner;"]
    for chain, priority, rules in chains:
        hook = HOOKS.get(chain, chain)
        lines.append(f"chain {chain} {{ type filter hook {hook} priority {priority};")
        lines += rules
        lines.append("}")
    return "\n".join([*lines, "}", ""])


def _match(wanted: Wanted, *, reply: bool) -> str:
    """What a packet of the guest's is known by, or its answer."""
    ip = "ip" if wanted.destination.version == 4 else "ip6"
    guest, other = ("daddr", "saddr") if reply else ("saddr", "daddr")
    words = [f"{ip} {other} {wanted.destination}"]
    if wanted.source is not None:
        words.append(f"{ip} {guest} {wanted.source}")
    elif wanted.mac is not None:
        words.insert(0, f"ether {guest} {wanted.mac}")
    return " ".join([*words, *_protocol(wanted, "sport" if reply else "dport")])


def _protocol(wanted: Wanted, port: str) -> Iterator[str]:
    if wanted.protocol is None:
        return
    name = _l4(wanted)
    if wanted.port is not None and name in ("tcp", "udp"):
        yield f"{name} {port} {wanted.port}"
    else:
        yield f"meta l4proto {name}"


def _answers(wanted: Wanted) -> Iterator[str]:
    """Answers that NAT will lead back to the guest: connection tracking knows what to."""
    if wanted.source is None:
        return
    ip = "ip" if wanted.destination.version == 4 else "ip6"
    words = [
        "ct direction reply",
        f"ct original {ip} saddr {wanted.source}",
        f"ct original {ip} daddr {wanted.destination}",
    ]
    if wanted.protocol is not None:
        words.append(f"meta l4proto {_l4(wanted)}")
        if wanted.port is not None and wanted.protocol != "icmp":
            words.append(f"ct original proto-dst {wanted.port}")
    yield " ".join(words)


def _l4(wanted: Wanted) -> str:
    """As nft calls it; nothing else than these is ever put into a rule."""
    if wanted.protocol == "icmp":
        return "icmp" if wanted.destination.version == 4 else "icmpv6"
    return "tcp" if wanted.protocol == "tcp" else "udp"
