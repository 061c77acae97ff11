"""The options for a bandwidth: `100mbit,peak=200mbit,burst=1MiB,floor=10mbit`."""

from __future__ import annotations

from typing import NoReturn

from vnetmgr.model.options.compound import Compound, Part
from vnetmgr.model.values import Bandwidth, Burst, Rate


def _no_floor(_text: str) -> NoReturn:
    raise ValueError("libvirt guarantees a rate to single nics alone, and inbound")


_SHAPE = {
    "average": Part(Rate.parse, "RATE"),
    "peak": Part(Rate.parse, "RATE"),
    "burst": Part(Burst.parse, "SIZE"),
}

GUARANTEED = Compound(
    what="a bandwidth",
    make=Bandwidth.of,
    first="average",
    parts={**_SHAPE, "floor": Part(Rate.parse, "RATE")},
    is_text=True,
)
"""Of a nic, inbound."""

BANDWIDTH = Compound(
    what="a bandwidth",
    make=Bandwidth.of,
    first="average",
    parts={**_SHAPE, "floor": Part(_no_floor, "")},
    needs=("average",),
    is_text=True,
)
"""Any other: of a nic, outbound; of a portgroup; of a network."""
