"""What export says of overlays beside their networks: whose they are, and of which revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.overlay.settings import DEFAULT_FLEET, OvnSettings, usual_fleet
from vnetmgr.model.record import Row
from vnetmgr.model.yaml_text import yaml_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.spec import Spec


class OverlayExport(Row):
    """The overlays of a host. A spec is of one fleet."""

    observed: Observed
    fleet: str

    @classmethod
    def of(cls, observed: Observed) -> OverlayExport:
        """Those of the fleet that most of them are of."""
        return cls(observed, usual_fleet(seen.any.fleet for seen in observed.overlays))

    def out(self, seen: SeenNetwork) -> str | None:
        """Why the spec does not have a network; None where it can."""
        fleet = seen.any.fleet or DEFAULT_FLEET
        if not seen.is_overlay or fleet == self.fleet:
            return None
        return f"it is of fleet {fleet}, and this spec of {self.fleet}"

    def is_seen(self, seen: SeenNetwork) -> bool:
        """Whether all of a network is known: else a spec has nothing to say of what is in OVN."""
        northbound = self.observed.northbound
        known = northbound is not None and northbound.overlay_of(seen.any)
        return not seen.is_overlay or bool(known)

    def comments(self, seen: SeenNetwork) -> Iterator[str]:
        """What is to be said of a network besides."""
        if not seen.is_overlay:
            return
        northbound = self.observed.northbound
        if northbound is None:
            yield "what OVN has of it was not seen"
        elif northbound.overlay_of(seen.any) is None:
            yield f"OVN has no switch of it, in {northbound.at}"

    def settings(self, names: Collection[str]) -> OvnSettings | None:
        """A spec's `ovn`, of networks of these names; None where it has no overlay."""
        found = [seen for seen in self.observed.networks if seen.name in names]
        if not any(seen.is_overlay for seen in found):
            return None
        northbound = self.observed.northbound
        switches = () if northbound is None else northbound.overlays
        revisions = [
            each.revision
            for each in switches
            if each.network.name in names and each.fleet == self.fleet
        ]
        return _settings(self.fleet, revisions)


def _settings(fleet: str, revisions: Iterable[int | None]) -> OvnSettings:
    known = [each for each in revisions if each is not None]
    return OvnSettings(fleet=fleet, revision=max(known, default=None))


def merged_settings(specs: Iterable[Spec]) -> OvnSettings | None:
    """That of several hosts: the newest of what one fleet has."""
    given = [spec.ovn or OvnSettings() for spec in specs if spec.overlays]
    if not given:
        return None
    fleet = usual_fleet(each.fleet for each in given)
    mine = (each.revision for each in given if (each.fleet or DEFAULT_FLEET) == fleet)
    return _settings(fleet, mine)


def of_other_fleets(spec: Spec, chosen: OvnSettings | None) -> Iterator[tuple[str, str]]:
    """The networks of a host that another fleet's spec cannot have, and why."""
    fleet = (spec.ovn and spec.ovn.fleet) or DEFAULT_FLEET
    if chosen is None or fleet == chosen.fleet:
        return
    for want in spec.overlays:
        yield want.name, f"it is of fleet {fleet}, and this spec of {chosen.fleet}"


def ovn_lines(settings: OvnSettings | None) -> Iterator[str]:
    """As it stands in a spec; nothing where all of it is as if nobody said it."""
    if settings is None:
        return
    said: dict[str, object] = {"revision": settings.revision}
    if settings.fleet not in (None, DEFAULT_FLEET):
        said = {"fleet": yaml_text(settings.fleet or ""), **said}
    shown = ", ".join(f"{key}: {value}" for key, value in said.items() if value is not None)
    if shown:
        yield f"ovn: {{{shown}}}"
