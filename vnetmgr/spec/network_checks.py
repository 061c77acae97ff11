"""What does not go together within one network of a spec, told at the value that is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.model.addressing import addressing_problems, first_host, holder
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.network import NetworkMode, Portgroup
from vnetmgr.model.options.networks import NETWORK_OPTIONS, field_problems
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.spec.words import about

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.spec.nodes import Document, Node, Pairs

T = TypeVar("T")

# How the problems of addressing_problems begin, and the field that they are about.
_ABOUT = {"subnet": "subnets", "gateway": "gateways", "DHCP range": "dhcp_ranges"}


class NetworkCheck:
    """The check of one network. `keys` has the key that each field is from: one that is there,
    but not in the patch, could not be read."""

    def __init__(
        self, document: Document, key: Node, pairs: Pairs, keys: Mapping[str, str]
    ) -> None:
        self._document, self._key, self._pairs, self._keys = document, key, pairs, keys

    def tell(self, patch: NetworkPatch) -> None:
        """Add what is wrong to the document's problems."""
        for problem in field_problems(patch):
            option, text = about(problem)
            if option in NETWORK_OPTIONS:
                field = NETWORK_OPTIONS[option].field
            else:  # of a field that is no option: "records: a bridge network has none"
                field, _, text = text.partition(": ")
            self._tell(patch, field, f"{self._keys.get(field, field)}: {text}", text)
        if patch.mode is NetworkMode.BRIDGE and "bridge" not in self._keys:
            self._tell(patch, "mode", "mode bridge needs bridge: the host's bridge")
        if isinstance(patch.lease_time, int) and patch.dhcp_ranges is None:
            self._tell(patch, "lease_time", "lease_time: does not go without DHCP")
        unread = [field for field in _ABOUT.values() if field in self._keys]
        if any(getattr(patch, field) is UNSET for field in unread):
            return
        for problem in patch_problems(patch, given(patch.reservations)):
            starts = (field for start, field in _ABOUT.items() if problem.startswith(start))
            self._tell(patch, next(starts, "reservations"), problem)

    def _tell(self, patch: NetworkPatch, field: str, message: str, text: str | None = None) -> None:
        """A problem, at the last value of its field that it mentions; else at the field."""
        document, origin = self._document, self._document.origin(self._key)
        value = getattr(patch, field)
        values = value if isinstance(value, tuple) else (value,)
        words = mentioned(message if text is None else text)
        named = [each for each in values if _name(each) in words]
        if named and (origin, named[-1]) in document.places:
            document.problem_at(document.places[origin, named[-1]], message)
            return
        name = self._keys.get(field)
        document.problem(self._pairs[name][1] if name is not None else self._key, message)


def patch_problems(patch: NetworkPatch, reservations: Sequence[Reservation]) -> list[str]:
    """What is wrong with a network's addresses, with these reservations. Subnets that it does not
    say are those that it has."""
    subnets, gateways = given(patch.subnets), given(patch.gateways)
    homeless = [each for each in subnets if not any(holder([each], at) for at in gateways)]
    problems = addressing_problems(
        subnets=subnets,
        gateways=(*gateways, *dict.fromkeys(map(first_host, homeless))),
        dhcp_ranges=given(patch.dhcp_ranges),
        reservations=reservations,
    )
    if subnets:
        return problems
    return [problem for problem in problems if not problem.endswith("is in none of the subnets")]


def given(setting: tuple[T, ...] | Unset | None) -> tuple[T, ...]:
    """What a patch says of a list; nothing where it does not, or clears it."""
    return setting if isinstance(setting, tuple) else ()


def mentioned(text: str) -> frozenset[str]:
    """The words of a problem, as names and addresses are written in it."""
    return frozenset(word.strip("(),;").rstrip(":") for word in text.split())


def _name(value: object) -> str:
    """How problems name a value; an address that ends in colons loses them in `mentioned`."""
    if isinstance(value, Portgroup):
        return value.name
    return str(value.address if isinstance(value, Reservation) else value).rstrip(":")
