"""A host's present networks and nics as a spec: planning it finds nothing to do.

What the spec cannot say, and what would change something if it were said, stands there as a
comment, and is left to libvirt.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from vnetmgr.model.names import check_object_name
from vnetmgr.model.record import Record
from vnetmgr.model.yaml_text import yaml_text
from vnetmgr.spec.export_forwards import forward_lines
from vnetmgr.spec.export_networks import NetworkExport
from vnetmgr.spec.export_nics import NicExport
from vnetmgr.spec.export_parts import comment
from vnetmgr.spec.overlays.export import ovn_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.values import Mac
    from vnetmgr.spec.export_parts import Exported


class Export(Record):
    """A spec as YAML, and the nics that it cannot name."""

    text: str
    refused: tuple[str, ...] = ()


def export_spec(observed: Observed, *, domains: Collection[str] | None = None) -> Export:
    """What was observed as a spec, with these domains alone, or all.

    A spec that is made of it again plans no step. `refused` are the nics that cannot be told from
    others.
    """
    networks = NetworkExport(observed)
    present = sorted(observed.networks, key=attrgetter("name"))
    parts = [networks.network(each) for each in present]
    chosen = [each for each in observed.domains if domains is None or each.name in domains]
    portgroups = networks.portgroups
    macs: set[Mac] = set()
    refused: list[str] = []
    found: list[tuple[SeenDomain, list[Exported]]] = []
    for domain in sorted(chosen, key=attrgetter("name")):
        export = NicExport(
            domain,
            observed=observed,
            portgroups=portgroups,
            macs=macs,
        )
        found.append((domain, export.nics()))
        refused += export.refused
    lines = [comment(f"The networks and nics of {observed.host}, by vnetmgr export."), "version: 1"]
    named = {each.key for each in parts if each.left_out is None}
    lines += ovn_lines(networks.overlays.settings(named))
    lines += _section("networks", parts) if observed.networks else ()
    lines += _domains(found) if found else ()
    return Export(text="\n".join((*lines, "")), refused=tuple(refused))


def _domains(found: Iterable[tuple[SeenDomain, list[Exported]]]) -> Iterator[str]:
    """The domains; one whose name a spec cannot have is a comment."""
    named: list[str] = []
    others: list[str] = []
    for domain, nics in found:
        lines = (*_section("nics", nics), *forward_lines(domain))
        body = [f"{yaml_text(domain.name)}:", *(f"  {line}" for line in lines)]
        try:
            check_object_name(domain.name, what="domain")
        except ValueError as error:
            others += [comment(str(error)), *(f"# {line}" for line in body)]
        else:
            named += body
    yield "domains:" if named else "domains: {}"
    yield from (f"  {line}" for line in (*named, *others))


def _section(key: str, parts: Iterable[Exported]) -> Iterator[str]:
    """A map of objects; an empty one where all of them are left out."""
    parts = list(parts)
    yield f"{key}:" if any(each.left_out is None for each in parts) else f"{key}: {{}}"
    yield from (f"  {line}" for each in parts for line in each.lines())
