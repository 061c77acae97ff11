"""The program that stands where a guest stands, in a network namespace of its own; its argument is
its parent's number.

The kernel kills it when its parent ends, and then removes the namespace with the link in it and
the link's other end, on the bridge. On its standard input it hears when the link is there, and
then the questions; on its standard output goes what it saw. Both are JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import VnetError
from vnetmgr.local.probe.attempts import try_all
from vnetmgr.local.probe.listening import ask_everybody, ask_owners
from vnetmgr.local.probe.wire import Wire
from vnetmgr.local.programs import run
from vnetmgr.model.path.codec import from_json, to_json
from vnetmgr.model.path.probe import DhcpOffer, ProbeFacts, ProbePlace
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_IPV6 = Path("/proc/sys/net/ipv6/conf/default/disable_ipv6")
LINK = "probe0"
READY, PLUGGED = "ready\n", "plugged\n"
"""What the child says when it is there, and what is said to it when its link is."""
_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_CLONE_NEWNET = 0x40000000  # include/uapi/linux/sched.h


def main() -> None:
    """Stand there, ask, and say what came of it."""
    _stand_alone(int(sys.argv[1]))
    sys.stdout.write(READY)
    sys.stdout.flush()
    if sys.stdin.readline() == PLUGGED:  # else nobody wants to know any more
        run("ip", "link", "set", "dev", LINK, "up")
    if line := sys.stdin.readline():
        json.dump(to_json(_look_around(json.loads(line))), sys.stdout)


def _stand_alone(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    if os.getppid() != parent:  # it ended before this process could ask for that
        sys.exit(1)
    _check(libc.unshare(_CLONE_NEWNET))
    # Its kernel says nothing by itself: routers are asked below.
    with suppress(OSError):  # a kernel without IPv6
        _NO_IPV6.write_text("1")


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise SystemExit(os.strerror(number))


def _look_around(questions: dict[str, Any]) -> ProbeFacts:
    addresses = [IPv4Address(each) for each in questions["addresses"]]
    endpoints = [(IPv4Address(each), port) for each, port in questions["endpoints"]]
    facts = ProbeFacts(place=from_json(ProbePlace, questions["place"]))
    try:
        with Wire(LINK) as wire:
            heard = ask_everybody(wire, addresses)
            facts = replace(facts, offers=heard.offers, arp=heard.owners, routers6=heard.routers6)
            return _with_attempts(facts, wire, heard.askers, endpoints)
    except (OSError, VnetError) as error:  # mostly: somebody has taken the link away
        return replace(facts, problem=str(error))


def _with_attempts(
    facts: ProbeFacts,
    wire: Wire,
    askers: Sequence[IPv4Address],
    endpoints: Sequence[tuple[IPv4Address, int]],
) -> ProbeFacts:
    """What can be had with an address that was offered. It is not requested, so nothing is bound
    to it; it is used for seconds, and only where nobody answers for it."""
    gateways = {each for offer in facts.offers for each in offer.routers}
    offered = {offer.address for offer in facts.offers}
    asked = {each.address for each in facts.arp}
    new = {IPv4Address(each) for each in {*offered, *gateways, *askers} - asked}
    known = (*facts.arp, *ask_owners(wire, sorted(new)))
    facts = replace(facts, arp=known)
    offer, why = _choose(facts)
    if offer is None:
        return replace(facts, no_sender=why)
    try:
        _take(offer)
    except VnetError as error:  # a gateway that cannot be one, or the like
        return replace(facts, no_sender=f"what was offered is of no use: {error.text}")
    attempts = try_all(offer.routers[:1], offer.dns[:2], endpoints)
    return replace(facts, sender=offer.address, attempts=attempts)


def _choose(facts: ProbeFacts) -> tuple[DhcpOffer | None, str | None]:
    """The offer that a guest would take, the first; not one that would harm somebody."""
    if not facts.offers:
        return None, "no DHCP server has offered an address"
    free = [each for each in facts.offers if not facts.macs_of(each.address)]
    if not free:
        taken = facts.offers[0].address
        return None, f"somebody has the address already that was offered, {taken}"
    whole = [each for each in free if each.prefix]
    if not whole:
        return None, f"{free[0].address} was offered without the length of its subnet"
    return whole[0], None


def _take(offer: DhcpOffer) -> None:
    run("ip", "address", "add", f"{offer.address}/{offer.prefix}", "dev", LINK)
    for router in offer.routers[:1]:
        run("ip", "route", "add", "default", "via", str(router), "dev", LINK, "onlink")
