"""Reads the patches of golden cases: field -> text, as options and spec write it, or null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.options.bandwidths import BANDWIDTH, GUARANTEED
from vnetmgr.model.values import Mac, PciAddress

if TYPE_CHECKING:
    from collections.abc import Callable


def read_patch(fields: dict[str, str | None]) -> NicPatch:
    """A patch from its notation; an unknown field is an error of the case."""
    return NicPatch(**{name: _value(name, text) for name, text in fields.items()})


def _value(field: str, text: str | None) -> Any:
    if text is None:
        return None
    if field == "source":
        mode, _, name = text.partition(" ")
        return Source(Mode(mode), name or None)
    if field in ("filter_param", "extra"):
        return tuple(tuple(item.split("=", 1)) for item in text.split(","))
    if field == "vlan":
        return tuple(int(tag) for tag in text.split(","))
    if field in ("owned", "isolated_port"):
        return text == "yes"
    parsers: dict[str, Callable[[str], object]] = {
        "mac": Mac.parse,
        "pci_address": PciAddress.parse,
        "inbound": GUARANTEED.parse,
        "outbound": BANDWIDTH.parse,
        "mtu": int,
        "queues": int,
        "boot_order": int,
    }
    return parsers.get(field, str)(text)
