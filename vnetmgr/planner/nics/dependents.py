"""What depends on something that a change takes from a nic goes with it, and is shown.

A field that does not fit the new source, queues without virtio, parameters without a filter:
libvirt refuses some of them, and takes others into a config that cannot start. What is asked for by
name is judged by `checks` instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import NIC_FIELDS, SomePairs, differences
from vnetmgr.model.qemu.fits import FIELDS_THAT_FIT, misfit, misfit_keys
from vnetmgr.model.record import replace
from vnetmgr.planner.context import resolve
from vnetmgr.planner.nics.switches import as_switched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.nic import Nic, NicPatch
    from vnetmgr.planner.context import Context

# A change of these can leave others behind.
_LEADING = frozenset({"source", "model", "filter", "virtualport", "extra"})
# What may fit no more then. (A boot order or an address always does.)
_DEPENDING = (*FIELDS_THAT_FIT, "queues", "vectors", "extra")
# libvirt has no use for it in a device of the host's, and does not mind.
_HARMLESS = frozenset({"model"})


def with_dependents(patch: NicPatch, nic: Nic, context: Context) -> NicPatch:
    """The patch, which also takes away what this nic could not have any more."""
    changed = differences(nic, patch)
    if _LEADING.isdisjoint(field for field, _, _ in changed):
        return patch
    after = as_switched(replace(nic, **{field: value for field, _, value in changed}), context)
    # What did not fit before either is somebody's, who knows why.
    kept = frozenset(_gone(nic))
    gone = dict.fromkeys(
        field for field in _gone(after) if field not in kept and getattr(nic, field) is not None
    )
    if after.inbound is not None and after.inbound.floor and after.source != nic.source:
        from vnetmgr.planner.nics.floors import without_floor

        patch = without_floor(patch, after, context)
    return _without_extra(resolve(patch, **gone), nic, after)


def depending(patch: NicPatch, changed: frozenset[str]) -> frozenset[str]:
    """The fields asked for that may not fit what others become, though they stay as they are."""
    if _LEADING.isdisjoint(changed):
        return frozenset()
    return frozenset(field for field, value in patch.items() if value and field in _DEPENDING)


def _gone(after: Nic) -> Iterator[str]:
    """The fields that such a nic cannot have."""
    yield from (field for field in NIC_FIELDS if misfit(after, field) and field not in _HARMLESS)
    from vnetmgr.model.qemu.models import is_virtio

    if not is_virtio(after.model):
        yield from ("queues", "vectors")
    if after.filter is None:
        yield "filter_param"


def _without_extra(patch: NicPatch, before: Nic, after: Nic) -> NicPatch:
    """Also without the keys of extra that do not fit, but for those that are asked for."""
    if isinstance(patch.extra, tuple) or patch.extra is None:
        return patch
    asked = patch.extra.pairs if isinstance(patch.extra, SomePairs) else ()
    kept = {key for key, _ in (*asked, *misfit_keys(before))}
    gone = tuple((key, None) for key, _ in misfit_keys(after) if key not in kept)
    if not gone:
        return patch
    return replace(patch, extra=SomePairs((*asked, *dict.fromkeys(gone))))


def lost_notes(label: str, before: str, after: str) -> Iterator[str]:
    """What a nic's document loses that no field says, a note each."""
    from vnetmgr.libvirt_xml.unmodelled import unmodelled_of_nic

    left = unmodelled_of_nic(after)
    for line in unmodelled_of_nic(before):
        if line not in left:
            yield f"{label}: what goes with it, or changes: {line}"
