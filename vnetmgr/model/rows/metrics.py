"""What metrics shows: numbers with names, as Prometheus has them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping


class MetricKind(StrEnum):
    """How a metric's values go on."""

    GAUGE = "gauge"
    """Up and down."""
    COUNTER = "counter"
    """Up, or from nothing again."""


class Sample(Record):
    """One value, and what it is of."""

    labels: Mapping[str, str]
    value: float


class Metric(Record):
    """All values of one name. Without any, there is nothing of the kind, or it cannot be seen."""

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    """The names of its samples' labels."""
    samples: tuple[Sample, ...] = ()
