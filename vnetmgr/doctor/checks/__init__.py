"""All checks, in the order in which a packet of the guest comes by what they look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.checks import bridges, domains, probes, taps

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Row

CHECKS: tuple[Row, ...] = (*domains.ROWS, *taps.ROWS, *bridges.ROWS, *probes.ROWS)
