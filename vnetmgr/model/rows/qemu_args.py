"""A nic in QEMU's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.nic import Nic


class QemuArguments(Record):
    """The arguments that give a guest this nic, one word each, unquoted."""

    modern: tuple[str, ...]
    """`-netdev` and `-device`, QEMU 0.12 and later."""
    legacy: tuple[str, ...] | None
    """`-net` pairs as the books have them (QEMU up to 2.12 joins them by `vlan=`); None: the old
    form cannot say it."""
    notes: tuple[str, ...] = ()
    """What no argument of QEMU says, and where it belongs."""


class QemuNic(Record):
    """One nic of a domain with its arguments, for show-qemu-args."""

    domain: str
    nic: Nic
    arguments: QemuArguments
