"""Pure: what one scrape says of nics, bridges and address pools."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from vnetmgr.metrics.facts import NicNow, PoolNow
from vnetmgr.model.nic import Mode, pending_fields
from vnetmgr.model.seen.guests import is_orphan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vnetmgr.model.dhcp import DhcpRange, IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.seen.traffic import Traffic
    from vnetmgr.model.state import Seen


def nics_now(
    domain: SeenDomain, observed: Observed, traffic: Mapping[str, Traffic]
) -> Iterator[NicNow]:
    """A domain's running nics. `traffic`: what the guest has received and sent, by target."""
    running = [(seen, seen.live) for seen in domain.nics if seen.live is not None]
    keys = Counter(live.key for _, live in running)
    for seen, live in running:
        # Without names, several may have one MAC.
        once = keys[live.key] == 1 or live.target is None
        name = live.key if once else f"{live.key} {live.target}"
        yield NicNow(
            domain=domain.name,
            nic=name,
            mac=str(live.mac or ""),
            network=(live.source.name or "") if live.source.mode is Mode.NETWORK else "",
            bridge=live.bridge or "",
            target=live.target or "",
            mode=str(live.source.mode),
            model=live.model or "",
            link_up=live.link != "down",
            orphan=is_orphan(live, observed),
            pending=_pending(seen, live),
            traffic=traffic.get(live.target or ""),
        )


def _pending(seen: Seen[Nic], live: Nic) -> int | None:
    return None if seen.config is None else len(pending_fields(config=seen.config, live=live))


def guest_traffic(live: Nic, links: Mapping[str, Traffic]) -> Traffic | None:
    """What a guest has received and sent, by the counters of its link on this machine. A tap is the
    other end of the guest's wire; a macvtap counts as its guest does."""
    counted = links.get(live.target or "")
    if counted is None or live.source.mode is Mode.DIRECT:
        return counted
    return counted.from_the_other_side()


def pools_now(seen: SeenNetwork, leased: Mapping[str, set[IpAddress]]) -> Iterator[PoolNow]:
    """The pools of a network. `leased`: the addresses that it has given out, by its name."""
    network = seen.live or seen.any
    reserved = {each.address for each in network.reservations}
    for version in sorted({each.start.version for each in network.dhcp_ranges}):
        ranges = [each for each in network.dhcp_ranges if each.start.version == version]
        mine = {each for each in leased.get(seen.name, ()) if each.version == version}
        taken = {each for each in mine | reserved if any(each in one for one in ranges)}
        free = max(0, sum(map(_size, ranges)) - len(taken))
        yield PoolNow(network=seen.name, version=version, leased=len(mine), free=free)


def _size(addresses: DhcpRange) -> int:
    return int(addresses.end) - int(addresses.start) + 1
