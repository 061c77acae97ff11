"""Port forwards in this machine's kernel: what is there, and one domain's made as wanted."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.local.firewall.accepts import has_stray, read_accepts, read_chains, write_accepts
from vnetmgr.local.firewall.listing import read_listing
from vnetmgr.local.firewall.localnet import PROC_SYS, let_localnet, localnet_file, read_sysctl
from vnetmgr.local.programs import run
from vnetmgr.local.routes import read_addresses
from vnetmgr.local.sockets import read_listeners
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import Obstacle, Passage, foreign_objects
from vnetmgr.nft_json.write import awakening, transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vnetmgr.local.firewall.accepts import Tables
    from vnetmgr.model.seen.rules import LiveRules
    from vnetmgr.model.writes import SetRules
    from vnetmgr.nft_json.read import Listing

# apply works on several domains at a time, and each write is a difference from what is there.
_WRITING = Lock()


def read_rules(ports: Collection[int] = ()) -> LiveRules:
    """What is there, with the sockets on some ports. Raises VnetError where it cannot be seen:
    without nft, or without the right to ask."""
    _refuse_unprivileged()
    listing = read_listing()
    return replace(
        _live(listing, read_chains()),
        obstacles=(*_routing_obstacles(), *listing.obstacles()),
        listeners=read_listeners(ports),
        hairpin_filtered=tuple(
            version
            for version, name in ((4, "iptables"), (6, "ip6tables"))
            if read_sysctl(PROC_SYS / f"bridge/bridge-nf-call-{name}") == "1"
        ),
        addresses=read_addresses(),
    )


def _routing_obstacles() -> Iterator[Obstacle]:
    """libvirt turns routing on for its networks but isolated ones (measured on 9.0), and nothing
    else here does: on a host with several links that is its administrator's decision."""
    if read_sysctl(PROC_SYS / "ipv4/ip_forward") == "0":
        what = "it is 0, so that only the host itself gets to the guests: set it to 1"
        yield Obstacle(place="sysctl net.ipv4.ip_forward", what=what)


def _refuse_unprivileged() -> None:
    if os.geteuid():
        raise RefusedError("port forwards are rules of this machine's kernel", "run it as root")


def _live(listing: Listing, tables: Tables) -> LiveRules:
    found = listing.live_rules()
    used = frozenset((rule.bridge, rule.version) for rule in found.rules)
    accepted = read_accepts(listing, tables, used)
    known = {each.bridge for each in found.passages}
    passages = (
        *found.passages,
        *(Passage(bridge=each) for each in sorted({rule.bridge for rule in found.rules} - known)),
    )
    return replace(
        found,
        passages=tuple(
            replace(
                each,
                accept=tuple(v for v in (4, 6) if (each.bridge, v) in accepted),
                localnet=each.localnet and read_sysctl(localnet_file(each.bridge)) in ("1", None),
            )
            for each in passages
        ),
        stray=found.stray or has_stray(listing, tables, used),
    )


def set_rules(write: SetRules) -> None:
    """Make one domain's rules as wanted, and what all rules need whole. Raises VnetError."""
    _refuse_unprivileged()
    with _WRITING:
        listing, tables = read_listing(), read_chains()
        before = _live(listing, tables)
        if write.rules and before.blockers:
            raise foreign_objects(before.blockers)
        after = before.with_domain(write.uuid, write.rules, write.passages)
        # What lets connections through comes first, what takes them away last.
        wanted = frozenset(
            (rule.bridge, rule.version)
            for rule in after.rules
            if (passage := after.passage(rule.bridge)) and rule.version in passage.accept
        )
        write_accepts(listing, tables, wanted)
        local = {each.bridge for each in after.passages if each.localnet}
        open_now = {each.bridge for each in before.passages if each.localnet}
        let_localnet(open_now.union(write.shut) - local, "0")
        if after.rules or listing.has_table:
            table = listing.own_table()
            if after.rules and table.dormant:
                run("nft", "-j", "-f", "-", given=awakening())
            text = transaction(listing.live_rules(), after, table)
            run("nft", "-j", "-f", "-", given=text)
        if local:
            _refuse_unguarded(local)
        let_localnet(local, "1")
        if write.restores is not None:
            _refuse_unlike(write)


def _refuse_unlike(write: SetRules) -> None:
    """Raise what is not there of what has just been written."""
    found = _live(read_listing(), read_chains())
    lost = set(write.rules) - set(found.rules)
    local = {rule.bridge for rule in write.rules if rule.loopback}
    shut = [each for each in sorted(local) if not getattr(found.passage(each), "localnet", False)]
    if lost or shut or not found.whole:
        what = sorted({rule.name for rule in lost}) or shut or ["table inet vnetmgr"]
        raise VnetError(
            f"domain {write.restores}: its port forwards were written and are not there: "
            f"{', '.join(what)}",
            f"somebody else changes the host's rules; run {Command('reconcile')} when that is over",
        )


def _refuse_unguarded(bridges: Collection[str]) -> None:
    """Guests are kept from the host's 127.0.0.0/8 before the kernel has a way to it: somebody may
    have flushed what has just been written. Of an earlier forward it may have one: it goes."""
    found = read_listing().live_rules()
    guarded = {each.bridge for each in found.passages if each.localnet} if found.whole else set()
    unguarded = sorted(set(bridges) - guarded)
    if unguarded:
        let_localnet(unguarded, "0")
        raise VnetError(
            "table inet vnetmgr: its guard is gone again just after it was written, so that "
            "127.0.0.1 is not forwarded",
            f"somebody else changes the host's rules; run {Command('reconcile')} when that is over",
        )
