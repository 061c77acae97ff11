"""Where a port forward leads: which nic, on which network, at which address of the guest's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError, RefusedError, VnetError
from vnetmgr.model.names import joined
from vnetmgr.model.nic import Mode, Nic
from vnetmgr.model.record import Record, replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.seen.guests import running_twin
from vnetmgr.model.sources import FORWARDED
from vnetmgr.planner.allocate import another_mac
from vnetmgr.planner.nics.match import describe, find_nic
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.state import Seen


class Target(Record):
    """A forward's nic, and the network that it is on; no network in user mode."""

    nic: Nic
    network: Network | None

    @property
    def key(self) -> str:
        """What a forward names the nic by: what stays the same."""
        return self.nic.key


def find_target(
    domain: SeenDomain,
    forward: Forward,
    *,
    planned: Mapping[tuple[str, str], Nic],
    failed: Collection[tuple[str, str]],
    network_of: Callable[[Nic], Network | None],
) -> Target:
    """The nic that a forward leads to. `planned` are nics as this plan leaves them, and `failed`
    those that could not be planned, as is told of them.

    Raises NotFoundError, or RefusedError where nothing can be forwarded to it.
    """
    if forward.nic is not None:
        nic = planned.get((domain.name, forward.nic))
        nic = nic or leading_nic(_nic_there(domain, forward.nic, failed), network_of)
        if problem := _problem(domain, nic, network_of(nic)):
            raise problem
        return Target(nic=nic, network=network_of(nic))
    nics = list(_every(domain, planned))
    found = [nic for nic in nics if _problem(domain, nic, network_of(nic)) is None]
    if len(found) == 1:
        return Target(nic=found[0], network=network_of(found[0]))
    if found:
        names = [describe(nic) for nic in found]
        first = found[0].name or found[0].mac
        hint = Worded(f"name one with --nic: {first}", f"name one: nic: {first}")
        raise RefusedError(f"domain {domain.name} has {len(found)} nics: {joined(names)}", hint)
    if not nics:
        raise NotFoundError(
            f"domain {domain.name} has no nic", f"{Command('attach-nic')} gives it one"
        )
    raise _problem(domain, nics[0], network_of(nics[0])) or RefusedError("no nic to forward to")


def _nic_there(domain: SeenDomain, name: str, failed: Collection[tuple[str, str]]) -> Seen[Nic]:
    try:
        return find_nic(domain, name)
    except NotFoundError:
        if (domain.name, name) not in failed:
            raise
        raise VnetError(
            f"domain {domain.name}: a port forward waits for nic {name}, which cannot be made",
            "mend what is told of the nic",
        ) from None


def network_behind(
    nic: Nic,
    *,
    observed: Observed,
    named: Callable[[str], Network | None] | None = None,
) -> Network | None:
    """The network that a nic is on, also where it only names the network's own bridge. `named`:
    networks as a plan leaves them."""
    name = nic.source.name if nic.source.mode is Mode.NETWORK else None
    if nic.source.mode is Mode.BRIDGE:
        on = (each.name for each in observed.networks if nic.source.is_on((), each.own_bridges))
        name = next(on, None)
    if name is None:
        return None
    if named is not None:
        return named(name)
    seen = observed.network(name)
    return None if seen is None else seen.any


def leading_nic(seen: Seen[Nic], network_of: Callable[[Nic], Network | None]) -> Nic:
    """A nic as forwards see it: on the network that it runs on, also where its config has another
    for the next start; as it runs until it has moved to where nothing can be forwarded."""
    nic, live = seen.any, seen.live
    if live is None or live.source == nic.source:
        return nic
    if not leads_somewhere(nic, network_of):
        return live
    if Mode.USER in (nic.source.mode, live.source.mode) or not leads_somewhere(live, network_of):
        return nic
    return replace(nic, source=live.source, bridge=live.bridge)


def leads_somewhere(nic: Nic, network_of: Callable[[Nic], Network | None]) -> bool:
    """Whether a nic is of a kind that something can be forwarded to."""
    if nic.source.mode in FORWARDED:
        network = network_of(nic)
        return network is None or network.has_own_bridge
    return nic.source.mode is Mode.BRIDGE and network_of(nic) is not None


def stranding(
    domain: SeenDomain,
    forward: Forward,
    *,
    gone: Collection[tuple[str, str]],
    planned: Mapping[tuple[str, str], Nic],
    network_of: Callable[[Nic], Network | None],
) -> str | None:
    """Why a forward of a domain's metadata leads nowhere; None where it does, or may."""
    if forward.nic is None:
        return None
    seen, nic = nic_of(domain, forward), planned.get((domain.name, forward.nic))
    if nic is None and seen is not None and (domain.name, seen.any.key) not in gone:
        nic = leading_nic(seen, network_of)
    if nic is None:
        return f"its nic {forward.nic} is not there any more"
    if leads_somewhere(nic, network_of):
        return None
    return f"its nic {forward.nic} is on {nic.source} now, where nothing can be forwarded"


def refuse_own_address(domain: SeenDomain, forward: Forward, network: Network) -> None:
    """Refuse the host's own 127.0.0.1 alone, which rules of the kernel only have as one more."""
    if forward.listen is not None and forward.listen.is_loopback:
        raise RefusedError(
            f"domain {domain.name}: {forward.listen} alone cannot lead into network "
            f"{network.name}; it is the host's own",
            Worded(
                "leave the address out: --loopback adds 127.0.0.1, and --allow-from 127.0.0.0/8 "
                "has nobody else come",
                "leave the address out: loopback: yes adds 127.0.0.1, and allow_from: 127.0.0.0/8 "
                "has nobody else come",
            ),
        )


def refuse_twin(domain: SeenDomain, nic: Nic, domains: Sequence[SeenDomain]) -> None:
    """Refuse a nic whose MAC, and with it whose address, a running guest has: a domain's copy."""
    if (twin := running_twin(domain, nic, domains)) is not None:
        raise RefusedError(
            f"domain {domain.name}: nic {describe(nic)} has the MAC of {twin}, which runs, and "
            "so has its address",
            f"give it another: {another_mac(domain, nic, domains)}",
        )


def _every(domain: SeenDomain, planned: Mapping[tuple[str, str], Nic]) -> Iterator[Nic]:
    """A domain's nics as they are and as they will be, each once."""
    mine = {name: nic for (owner, name), nic in planned.items() if owner == domain.name}
    macs = {nic.mac for nic in mine.values()}
    yield from mine.values()
    yield from (seen.any for seen in domain.nics if seen.any.mac not in macs)


def _problem(domain: SeenDomain, nic: Nic, network: Network | None) -> RefusedError | None:
    """Why nothing can be forwarded to a nic."""
    if nic.source.mode is Mode.USER:
        return None
    label = f"domain {domain.name}: nic {describe(nic)}"
    if network is not None and network.has_own_bridge:
        if network.subnets:
            return None
        return RefusedError(
            f"{label}: network {network.name} has no subnet, so the host cannot reach the guest",
            Worded(
                f"give it one: {Command('update-network', network.name, '--subnet')}",
                f"give network {network.name} one: subnets",
            ),
        )
    if nic.source.mode is Mode.NETWORK and network is None:
        return RefusedError(
            f"{label}: network {nic.source.name} does not exist",
            f"{Command('list-networks')} shows those there are",
        )
    if network is not None and network.is_overlay:
        return RefusedError(
            f"{label}: network {network.name} is an overlay, which OVN has and not this host: no "
            "port of the host leads into it",
            "connect from a guest on it; or give the guest a second nic on a network of this "
            "host, and forward to that",
        )
    return RefusedError(
        f"{label} is no nic behind this host: the guest answers at its own address on the LAN",
        f"connect to the guest's own address; {Command('list-nics')} shows it",
    )
