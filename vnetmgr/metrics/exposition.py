"""Metrics in Prometheus' text format. The only importer of prometheus_client, which knows how names
and labels are written and escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from vnetmgr.errors import VnetError
from vnetmgr.model.rows.metrics import MetricKind

try:
    from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
    from prometheus_client import generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
except ModuleNotFoundError as missing:  # a distribution's package may only recommend it
    raise VnetError(
        f"the Python module {missing.name} is not there, which writes Prometheus' text",
        "install it: apt install python3-prometheus-client; --output json does without",
    ) from None

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client import CollectorRegistry

    from vnetmgr.model.rows.metrics import Metric

__all__ = ["CONTENT_TYPE", "exposition"]

_FAMILIES = {MetricKind.COUNTER: CounterMetricFamily, MetricKind.GAUGE: GaugeMetricFamily}


class _Found:
    """What is collected of it: values that are known already."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """The metrics, as the library has them."""
        for metric in self._metrics:
            family = _FAMILIES[metric.kind](metric.name, metric.help, labels=metric.labels)
            for sample in metric.samples:
                family.add_metric([sample.labels[name] for name in metric.labels], sample.value)
            yield family


def exposition(metrics: Sequence[Metric]) -> bytes:
    """The text, in UTF-8."""
    # All that it asks of a registry is to collect.
    return generate_latest(cast("CollectorRegistry", _Found(metrics)))
