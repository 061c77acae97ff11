"""The metrics, from the table that they are made by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.markdown import code, page, table, text
from vnetmgr.metrics.names import GROUPS, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRO = """What `vnetmgr metrics` prints and serves to Prometheus. What a nic receives and
transmits is so for its guest; a bridge's counters are the host's own. What cannot be seen has no
value. How it goes about it: [Seeing](../design/seeing.md#metrics)."""


def metrics_page() -> str:
    """docs/reference/metrics.md."""
    return page("Metrics", _INTRO, table(("metric", "kind", "labels", "what it is"), _rows()))


def _rows() -> Iterator[tuple[str, str, str, str]]:
    for group in GROUPS:
        for row in group.rows:
            labels = ", ".join(map(code, (*group.labels, *row.more)))
            yield code(PREFIX + row.name), row.kind, labels, text(row.help)
