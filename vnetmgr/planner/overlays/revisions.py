"""A spec of an older revision does not write over what a newer one has written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError

if TYPE_CHECKING:
    from vnetmgr.model.overlay.northbound import Overlay


def refuse_older(overlay: Overlay | None, revision: int | None) -> None:
    """Raise RefusedError where a spec that has something to change on an overlay is not as new as
    the one that it was written from last; `revision` None: of a spec that has none."""
    if overlay is None or overlay.revision is None:
        return
    if revision is not None and revision >= overlay.revision:
        return
    has = "says no revision" if revision is None else f"is of revision {revision}"
    raise RefusedError(
        f"network {overlay.network.name} was written from revision {overlay.revision} of the spec, "
        f"and this one {has}",
        "pull the newer spec, and run this again",
    )
