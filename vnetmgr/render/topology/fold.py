"""Domains that are alike, shown as one: two hundred guests have to fit on a screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from vnetmgr.model.graph import EdgeKind, NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.graph import Node, Walk

FEW = 6
"""As many that are alike are still shown one by one."""

# What doctor says of one, or what only one can have, makes it a case of its own.
_Likeness: TypeAlias = tuple[object, ...]


class Fold(NamedTuple):
    """Domains that differ in nothing but names, MACs and addresses; one, mostly."""

    domains: tuple[Node, ...]
    nics: tuple[tuple[Node, ...], ...]
    """The first nic of each domain, the second of each, ..."""

    @property
    def name(self) -> str:
        """What it is called: `db1 ... db40`."""
        return spanned([domain.name for domain in self.domains])


def spanned(names: list[str]) -> str:
    """The first of several names and the last."""
    return names[0] if len(names) == 1 else f"{names[0]} ... {names[-1]}"


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """An order in which db10 comes after db9."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    # Python reads no more than 4,300 digits as a number.
    return tuple(
        (0, int(part[:4000]), part) if part[0] in "0123456789" else (1, 0, part) for part in parts
    )


def folds(walk: Walk) -> list[Fold]:
    """All domains, by name; those that are alike together."""
    alike: dict[_Likeness, list[Node]] = {}
    domains = sorted(walk.of_kind(NodeKind.DOMAIN), key=lambda node: natural(node.name))
    for domain in domains:
        alike.setdefault(_likeness(domain, walk), []).append(domain)
    found: list[Fold] = []
    for group in alike.values():
        together = [group] if len(group) > FEW else [[domain] for domain in group]
        found += [_fold(each, walk) for each in together]
    return sorted(found, key=lambda fold: natural(fold.domains[0].name))


def nics_of(domain: Node, walk: Walk) -> list[Node]:
    """A domain's nics."""
    edges = walk.out(domain.id)
    return [walk.nodes[edge.target] for edge in edges if edge.kind is EdgeKind.HAS]


def segments(walk: Walk) -> Iterator[Node]:
    """What nics lead to, and the networks and bridges that no nic is on: networks first."""
    used = {edge.target for nic in walk.of_kind(NodeKind.NIC) for edge in walk.out(nic.id)}
    first = (NodeKind.NETWORK, NodeKind.BRIDGE, NodeKind.SWITCH)
    for kind in (*first, *(kind for kind in NodeKind if kind not in first)):
        found = [node for node in walk.of_kind(kind) if kind in first or node.id in used]
        yield from sorted(found, key=lambda node: natural(node.name))


def _fold(domains: list[Node], walk: Walk) -> Fold:
    nics = zip(*(nics_of(domain, walk) for domain in domains), strict=True)
    return Fold(tuple(domains), tuple(nics))


def _likeness(domain: Node, walk: Walk) -> _Likeness:
    nics = nics_of(domain, walk)
    if walk.findings(domain.id, *(nic.id for nic in nics)):
        return (domain.id,)
    return (domain.state, *(_nic_likeness(nic, walk) for nic in nics))


def _nic_likeness(nic: Node, walk: Walk) -> _Likeness:
    if nic.forwards:
        return (nic.id,)
    settings = (nic.state, nic.mode, nic.model, nic.mtu, nic.vlan)
    limits = (nic.inbound, nic.outbound, nic.filter)
    return (*settings, *limits, *((edge.target, edge.kind) for edge in walk.out(nic.id)))
