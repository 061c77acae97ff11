"""What does not go together within one network of a spec, told at the value that is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.options.addressing import addressing_problems, first_host, holder
from vnetmgr.model.options.network_patch import field_problems
from vnetmgr.model.patch import UNSET, Unset, given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.model.dhcp import Reservation
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.problem import Problem
    from vnetmgr.spec.nodes import Document, Node, Pairs

_ADDRESSING = ("subnets", "gateways", "dhcp_ranges")


class NetworkCheck:
    """The check of one network. `keys` has the key that each field is from: one that is there,
    but not in the patch, could not be read."""

    def __init__(
        self, document: Document, key: Node, pairs: Pairs, keys: Mapping[str, str]
    ) -> None:
        self._document, self._key, self._pairs, self._keys = document, key, pairs, keys

    def tell(self, patch: NetworkPatch) -> None:
        """Add what is wrong to the document's problems."""
        for problem in field_problems(patch, say=str):
            field = problem.about.field if problem.about and problem.about.field else ""
            self._tell(field, f"{self._keys.get(field, field)}: {problem.text}", problem.values)
        needed = None if isinstance(patch.mode, Unset) else patch.mode.kind.needs
        if needed == "bridge" and "bridge" not in self._keys:
            self._tell("mode", f"mode {patch.mode} needs bridge: the host's bridge")
        if isinstance(patch.lease_time, int) and patch.dhcp_ranges is None:
            self._tell("lease_time", "lease_time: does not go without DHCP")
        unread = [field for field in _ADDRESSING if field in self._keys]
        if any(getattr(patch, field) is UNSET for field in unread):
            return
        for problem in patch_problems(patch, given(patch.reservations)):
            field = problem.about.field if problem.about and problem.about.field else ""
            self._tell(field, problem.text, problem.values)

    def _tell(self, field: str, message: str, values: Sequence[object] = ()) -> None:
        """A problem, at the last of its field's values that are in the way; else at the field."""
        document, origin = self._document, self._document.origin(self._key)
        name = self._keys.get(field)
        place = document.origin(self._pairs[name][1] if name is not None else self._key)
        if values:
            place = document.places.get((origin, values[-1]), place)
        document.problem_at(place, message, field=field)


def patch_problems(patch: NetworkPatch, reservations: Sequence[Reservation]) -> list[Problem]:
    """What is wrong with a network's addresses, with these reservations. Subnets that it does not
    say are those that it has."""
    subnets, gateways = given(patch.subnets), given(patch.gateways)
    homeless = [each for each in subnets if not any(holder([each], at) for at in gateways)]
    return addressing_problems(
        libvirts=not patch.is_overlay,
        subnets=subnets or None,
        gateways=(*gateways, *dict.fromkeys(map(first_host, homeless))),
        dhcp_ranges=given(patch.dhcp_ranges),
        reservations=reservations,
    )
