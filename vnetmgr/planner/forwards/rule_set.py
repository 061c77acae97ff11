"""What a port forward comes to: rules of this machine, and what bridges need for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.seen.rules import EVERYBODY, LOCALHOST, Passage, Rule, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward, Protocol
    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.rules import LiveRules
    from vnetmgr.planner.forwards.way import DomainForwards, Resolved


Port: TypeAlias = "tuple[int, Protocol, IpAddress | None, int]"
"""IP version, protocol, listening address, port."""


def rules_of(domain: SeenDomain, resolved: Resolved) -> Iterator[Rule]:
    """This machine's rules for a forward: one where the ports stay as they are, else one a port."""
    forward, network = resolved.forward, resolved.target.network
    if network is None or network.bridge is None:
        return
    whole = forward.host_port == forward.guest_port
    for address in resolved.addresses:
        for offset in range(1 if whole else forward.ports):
            yield Rule(
                domain=domain.uuid,
                mac=str(resolved.target.nic.mac),
                bridge=network.bridge,
                protocol=forward.protocol,
                listen=forward.listen_alone,
                host_port=forward.host_port + offset,
                guest_address=address,
                guest_port=forward.guest_port + offset,
                allow_from=_sources(forward, address.version),
                loopback=forward.loopback and address.version == 4,
                ports=forward.ports if whole else 1,
            )


def rules_untouched(plan: DomainForwards, present: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those of a domain's rules that are nobody's affair now."""
    return tuple(
        rule
        for rule in present
        if any(
            rule.protocol is each.protocol
            and rule.listen == each.listen_alone
            and rule.host_port in each.host_ports
            for each in plan.untouched
        )
    )


def ports_of(rule: Rule) -> Iterator[Port]:
    """Each port of the host that a rule takes."""
    for port in rule.host_ports:
        yield rule.version, rule.protocol, rule.listen, port


def _sources(forward: Forward, version: int) -> tuple[IpNetwork, ...]:
    """Who may use it by one IP version, without networks within others; none: everybody."""
    mine = [each for each in forward.allow_from if each.version == version]
    if EVERYBODY[version] in mine:
        return ()
    own = version == 4 and forward.loopback and bool(forward.allow_from)
    if own and not any(each.overlaps(LOCALHOST) for each in mine):
        mine.append(LOCALHOST)  # all of it, where no part of it was named
    kept = [each for each in mine if not within(each, set(mine) - {each})]
    return tuple(sorted(set(kept), key=str))


def is_passable(rule: Rule, wanted: Passage, live: LiveRules) -> bool:
    """Whether connections by a rule get to its guest, and their answers back, as far as it is for
    the rest of the table and for what the bridge has."""
    present = live.passage(rule.bridge)
    return (
        live.whole
        and present is not None
        and set(wanted.masquerade) <= set(present.masquerade)
        and (rule.version not in wanted.accept or rule.version in present.accept)
        and (present.localnet or not rule.needs_localnet)
    )


def passage_of(network: Network) -> Passage:
    """What a network's bridge needs. Guests of an isolated network have no default route."""
    isolated = not network.mode.kind.routed
    versions = tuple(sorted({each.version for each in network.subnets}))
    nets = (EVERYBODY[version] for version in versions) if isolated else network.subnets
    return Passage(
        bridge=network.bridge or "",
        masquerade=tuple(sorted(nets, key=str)),
        # In every mode: Docker's policy for FORWARD drops what libvirt itself does not accept.
        accept=versions,
    )
