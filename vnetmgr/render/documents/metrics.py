"""Metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.rows.metrics import MetricKind
from vnetmgr.render.documents.shape import TEXT, Document, Key, Shape, each, one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.rows.metrics import Metric, Sample

_SAMPLE: Shape[Sample] = Shape(
    "sample",
    {
        "labels": Key(
            {"type": "object", "additionalProperties": TEXT}, lambda sample: dict(sample.labels)
        ),
        "value": Key({"type": "number"}, lambda sample: sample.value),
    },
)
_METRIC: Shape[Metric] = Shape(
    "metric",
    {
        "name": Key(TEXT, lambda metric: metric.name),
        "type": Key(one_of(MetricKind), lambda metric: metric.kind),
        "help": Key(TEXT, lambda metric: metric.help),
        "samples": each(
            _SAMPLE,
            lambda metric: metric.samples,
            "None: there is nothing of the kind, or it cannot be seen from here.",
        ),
    },
)
_Shown: TypeAlias = "Sequence[Metric]"
METRICS: Document[_Shown] = Document(
    "metrics", "metrics.", {"items": each(_METRIC, lambda metrics: metrics)}
)
