"""The options of networks and DNS records as parameters, from the tables that read them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from vnetmgr.cli.option import option
from vnetmgr.model.options.networks import NETWORK_OPTIONS, REPEATABLE_NETWORK_OPTIONS
from vnetmgr.model.options.records import RECORD_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = frozenset({"no_dhcp"})
_SWITCHES = frozenset({"isolated_ports", "nat_ipv6"})


def network_parameters() -> Iterator[inspect.Parameter]:
    """Each is read as text: build_network_patch judges all of them, at once."""
    for name, known in NETWORK_OPTIONS.items():
        flag = "--" + name.replace("_", "-")
        if name in _FLAGS:
            yield option(name, bool | None, flag, help=known.help)
        elif name in _SWITCHES:
            both = f"{flag}/--no-{flag.removeprefix('--')}"
            yield option(name, bool | None, both, help=known.help)
        else:
            kind = list[str] | None if name in REPEATABLE_NETWORK_OPTIONS else str | None
            yield option(name, kind, flag, metavar=known.metavar, help=known.help)


def record_parameters() -> Iterator[inspect.Parameter]:
    """Each is read as text: build_record judges all of them, at once."""
    for name, known in RECORD_OPTIONS.items():
        flag = "--" + name.replace("_", "-")
        yield option(name, str | None, flag, metavar=known.metavar, help=known.help)
