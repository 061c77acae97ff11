"""The accepts that let forwarded connections past rules that are not ours.

libvirt rejects what comes from outside into a NAT or isolated network, and an accept in a table
of our own does not help: a reject in any base chain counts. On its iptables backend the accepts
are in a chain of our own that FORWARD begins with; rules in libvirt's chains would sink below its
reject at the network's next start. On its nftables backend they stand on top of the base chain
of libvirt's table, whose other rules libvirt writes once.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.local.programs import attempt, run
from vnetmgr.nft_json.libvirt_table import accept_commands, is_complete, removal_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.nft_json.read import Listing

CHAIN = "VNETMGR"
VERSIONS = (4, 6)
_PROGRAMS = {4: "iptables", 6: "ip6tables"}
_JUMP = ("-m", "comment", "--comment", "vnetmgr: port forwards", "-j", CHAIN)
_DIRECTIONS = ("-o", "-i")
Bridges: TypeAlias = frozenset[tuple[str, int]]
"""(bridge, IP version)."""
Chains: TypeAlias = dict[str, list[list[str]]]
"""A filter table: chain -> its rules, as iptables' arguments."""
Tables: TypeAlias = dict[int, Chains]
"""By IP version."""


def read_chains() -> Tables:
    """The chains of iptables' filter tables; none where there is no iptables."""
    return {version: _chains(program) for version, program in _PROGRAMS.items()}


def _chains(program: str) -> Chains:
    done = attempt((program, "-w", "-S"))
    found: Chains = {}
    for line in done.stdout.splitlines() if done.returncode == 0 else ():
        verb, chain, *rule = shlex.split(line)
        rules = found.setdefault(chain, [])
        if verb == "-A":
            rules.append(rule)
    return found


def read_accepts(listing: Listing, tables: Tables, used: Bridges) -> Bridges:
    """Those of the bridges whose forwarded connections are let through."""
    if listing.libvirt_versions:
        accepts = listing.accepts
        return frozenset(
            each
            for each in used
            if each[1] not in listing.libvirt_versions or is_complete(accepts.get(each, ()))
        )
    through = {
        (bridge, version)
        for version in {version for _, version in used}
        if _is_reached(tables[version])
        for bridge in _accepted(tables[version])
    }
    return used & through


def has_stray(listing: Listing, tables: Tables, used: Bridges) -> bool:
    """Whether there are accepts that no rule needs."""
    if not listing.accepts.keys() <= used:
        return True
    for version in VERSIONS:
        rules = tables[version].get(CHAIN)
        mine = {bridge for bridge, each in used if each == version}
        if rules is not None and (not mine or not set(_bridges_of(rules)) <= mine):
            return True
    return False


def _accepted(chains: Chains) -> list[str]:
    """The bridges that our chain lets through, both ways."""
    rules = chains.get(CHAIN, [])
    return [
        bridge
        for bridge in dict.fromkeys(_bridges_of(rules))
        if all(_rule(direction, bridge) in rules for direction in _DIRECTIONS)
    ]


def _bridges_of(rules: list[list[str]]) -> Iterator[str]:
    yield from (words[1] for words in rules if len(words) > 1 and words[0] in _DIRECTIONS)


def _rule(direction: str, bridge: str) -> list[str]:
    """conntrack's DNAT is about a connection, so that it holds for answers as well. Out of a
    network only those may: an isolated guest has to stay away from other networks' forwards."""
    answers = ["--ctdir", "REPLY"] if direction == "-i" else []
    return [direction, bridge, "-m", "conntrack", "--ctstate", "DNAT", *answers, "-j", "ACCEPT"]


def _is_reached(chains: Chains) -> bool:
    """Whether our chain is asked before libvirt's."""
    for words in chains.get("FORWARD", []):
        target = words[-1] if words[-2:-1] == ["-j"] else ""
        if target == CHAIN:
            return True
        if target.startswith("LIBVIRT_"):
            return False
    return False


def write_accepts(listing: Listing, tables: Tables, wanted: Bridges) -> None:
    """Let these bridges' forwarded connections through, and no others. Raises VnetError."""
    present = listing.accepts
    by_nft = {each for each in wanted if each[1] in listing.libvirt_versions}
    gone = {
        each: handles
        for each, handles in present.items()
        if each not in by_nft or not is_complete(handles)
    }
    new = sorted(each for each in by_nft if each not in present or each in gone)
    commands = [*removal_commands(gone), *accept_commands(new)]
    if commands:
        run("nft", "-j", "-f", "-", given=json.dumps({"nftables": commands}))
    # On nftables, what an earlier backend needed goes.
    by_iptables = frozenset() if listing.libvirt_versions else wanted
    for version in VERSIONS:
        bridges = sorted(bridge for bridge, each in by_iptables if each == version)
        _write(_PROGRAMS[version], tables[version], bridges)


def _write(program: str, chains: Chains, bridges: list[str]) -> None:
    present = chains.get(CHAIN)
    wanted = [_rule(direction, bridge) for bridge in bridges for direction in _DIRECTIONS]
    if not wanted:
        if present is not None:
            _remove(program, chains)
        return
    if present is None:
        run(program, "-w", "-N", CHAIN)
    for rule in wanted:
        if rule not in (present or []):
            run(program, "-w", "-A", CHAIN, *rule)
    for rule in present or []:
        if rule not in wanted:
            run(program, "-w", "-D", CHAIN, *rule)
    if not _is_reached(chains):
        _unhook(program, chains)
        run(program, "-w", "-I", "FORWARD", "1", *_JUMP)


def _remove(program: str, chains: Chains) -> None:
    _unhook(program, chains)
    run(program, "-w", "-F", CHAIN)
    run(program, "-w", "-X", CHAIN)


def _unhook(program: str, chains: Chains) -> None:
    for rule in chains.get("FORWARD", []):
        if rule[-2:] == ["-j", CHAIN]:
            run(program, "-w", "-D", "FORWARD", *rule)
