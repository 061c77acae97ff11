"""This machine's side of overlays: what it is to OVN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.links import has_switches
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.seen.observed import Observed


def with_chassis(observed: Observed) -> Observed:
    """With what this machine is to OVN, where its Open vSwitch can be asked."""
    if not has_switches():
        return observed
    from vnetmgr.local.chassis.read import read_chassis

    try:
        return replace(observed, chassis=read_chassis())
    except VnetError:
        return observed  # mostly: no right to ask
