"""A running nic that moves to another LAN: its link goes down and up, so that its guest notices.

The link is down in the running nic alone, for a moment, and a run may be killed then. What is left
tells of it: the nic runs elsewhere than its config says, and its link is down only while it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.nic import Nic, NicPatch
    from vnetmgr.model.patch import Differences
    from vnetmgr.model.state import Seen


def only_live_down(seen: Seen[Nic]) -> bool:
    """Whether a nic's link is down while it runs, and its config says nothing of that."""
    config, live = seen.config, seen.live
    return config is not None and live is not None and live.link == "down" != config.link


def gone_on_with(patch: NicPatch, seen: Seen[Nic]) -> NicPatch:
    """The patch, which goes on with what a run has left that was killed: the link comes up."""
    config, live = seen.config, seen.live
    if config is None or live is None or patch.source is UNSET or patch.link is not UNSET:
        return patch
    moved = config.source not in (live.source, patch.source)
    return replace(patch, link=config.link) if moved and only_live_down(seen) else patch


def moves_unplugged(seen: Seen[Nic], live: Differences) -> bool:
    """Whether a running nic moves while its link is down, and nobody asks for that to come up."""
    fields = {field for field, _, _ in live}
    down = seen.live is not None and seen.live.link == "down"
    return down and "source" in fields and "link" not in fields
