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
    from vnetmgr.planner.context import Context


def only_live_down(seen: Seen[Nic]) -> bool:
    """Whether a nic's link is down while it runs, and its config says nothing of that."""
    config, live = seen.config, seen.live
    return config is not None and live is not None and live.link == "down" != config.link


def gone_on_with(patch: NicPatch, seen: Seen[Nic], context: Context) -> NicPatch:
    """The patch, which goes on with what a run has left that was killed: the link comes up."""
    config, live = seen.config, seen.live
    if config is None or live is None or patch.link is not UNSET or not only_live_down(seen):
        return patch
    moved = patch.source is not UNSET and config.source not in (live.source, patch.source)
    if not moved and patch.vlan is not UNSET and config.vlan not in (live.vlan, patch.vlan):
        from vnetmgr.planner.nics.behind import given

        moved = "vlan" not in given(live, context)
    return replace(patch, link=config.link) if moved else patch


def moves_unplugged(seen: Seen[Nic], live: Differences) -> bool:
    """Whether a running nic moves while its link is down, and nobody asks for that to come up."""
    fields = {field for field, _, _ in live}
    down = seen.live is not None and seen.live.link == "down"
    return down and not fields.isdisjoint({"source", "vlan"}) and "link" not in fields


def left_down(seen: Seen[Nic], patch: NicPatch) -> bool:
    """Whether a nic that is where it is asked to be has its link down while it runs, and no config
    says that: so a run leaves it that was killed and was to change no config."""
    live, config = seen.live, seen.config
    asked = patch.link is UNSET and (patch.source is not UNSET or patch.vlan is not UNSET)
    return (
        asked
        and live is not None
        and live.link == "down"
        and (config is None or config.link != "down")
    )
