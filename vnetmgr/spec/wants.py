"""From a spec to what is wanted of this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.desired import Desired, SpecScope
from vnetmgr.model.overlay.settings import DEFAULT_FLEET, OvnSettings, over
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.spec import Spec
    from vnetmgr.problem import Problem

_FLEET = OvnSettings(fleet=DEFAULT_FLEET)
"""A spec's overlays are of some fleet, whichever others the host has."""


def to_desired(
    spec: Spec,
    *,
    strict: bool = False,
    prune: bool = False,
    problems: tuple[Problem, ...] = (),
    notes: tuple[str, ...] = (),
    revision: int | None = None,
) -> Desired:
    """All wants of a spec. `strict`: its domains have to be here; `prune`: as if it said so.
    `problems` are of parts that have been left out of it; `notes` are to be said of it; `revision`
    counts before its own.

    A network of a spec runs, and starts with the host unless the spec says otherwise.
    """
    return Desired(
        networks=tuple(
            replace(want, owned=True, autostart=want.autostart is not False)
            for want in spec.networks
        ),
        addresses=spec.addresses,
        nics=tuple(nic for domain in spec.domains for nic in domain.nics),
        forwards=tuple(domain.forwards for domain in spec.domains if domain.forwards is not None),
        ovn=over(over(OvnSettings(revision=revision), spec.ovn), _FLEET),
        spec=_scope(spec, strict=strict, prune=prune, problems=problems, notes=notes),
    )


def _scope(
    spec: Spec,
    *,
    strict: bool,
    prune: bool,
    problems: tuple[Problem, ...],
    notes: tuple[str, ...],
) -> SpecScope:
    incomplete = bool(problems)
    return SpecScope(
        domains=tuple((domain.name, domain.origin) for domain in spec.domains),
        strict=strict,
        prune_domains=frozenset(
            domain.name for domain in spec.domains if domain.prune and not incomplete
        ),
        prune_all=(prune or spec.prune) and not incomplete,
        incomplete=incomplete,
        host=spec.host,
        elsewhere=spec.elsewhere,
        other_networks=spec.other_networks,
        notes=notes,
        problems=problems,
    )
