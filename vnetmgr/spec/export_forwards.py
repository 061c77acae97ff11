"""A domain's port forwards as a spec has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.forward import port_text
from vnetmgr.model.yaml_text import yaml_lines
from vnetmgr.spec.export_parts import comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.yaml_text import Plain


def forward_lines(domain: SeenDomain) -> Iterator[str]:
    """Its forwards; nothing for a domain that has none, which a spec then leaves alone. Those that
    lead to nothing stand there as comments, and the list with them: it would be complete."""
    if not domain.forwards:
        return
    names = {name for seen in domain.nics for name in (seen.any.name, str(seen.any.mac))}
    lost = [forward for forward in domain.forwards if forward.nic not in names]
    lines = list(yaml_lines({"forwards": [_values(each) for each in domain.forwards]}))
    if lost:
        yield from (comment(f"forward {each.text}: nic {each.nic} is gone") for each in lost)
        lines = [f"# {line}" for line in lines]
    yield from lines


def _values(forward: Forward) -> dict[str, Plain]:
    values: dict[str, Plain] = {
        "host_port": port_text(forward.host_port, forward.ports),
        "guest_port": port_text(forward.guest_port, forward.ports),
    }
    if forward.nic is not None:
        values["nic"] = forward.nic
    values["protocol"] = forward.protocol.value
    if forward.listen is not None:
        values["listen"] = str(forward.listen)
    if forward.allow_from:
        values["allow_from"] = [str(each) for each in forward.allow_from]
    if forward.loopback:
        values["loopback"] = True
    if forward.guest_address:
        values["guest_address"] = [str(each) for each in forward.guest_address]
    return values
