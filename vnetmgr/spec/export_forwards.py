"""A domain's port forwards as a spec has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.options.forwards import forward_values
from vnetmgr.model.yaml_text import yaml_lines
from vnetmgr.spec.export_parts import comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.domain import SeenDomain


def forward_lines(domain: SeenDomain) -> Iterator[str]:
    """Its forwards; nothing for a domain that has none, which a spec then leaves alone. Those that
    lead to nothing stand there as comments, and the list with them: it would be complete."""
    if not domain.forwards:
        return
    names = {name for seen in domain.nics for name in (seen.any.name, str(seen.any.mac))}
    lost = [forward for forward in domain.forwards if forward.nic not in names]
    lines = list(yaml_lines({"forwards": [forward_values(each) for each in domain.forwards]}))
    if lost:
        yield from (comment(f"forward {each.text}: nic {each.nic} is gone") for each in lost)
        lines = [f"# {line}" for line in lines]
    yield from lines
