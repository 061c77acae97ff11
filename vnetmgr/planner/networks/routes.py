"""How each field of a network can be changed while it runs. Measured on libvirt 9.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.dns import DnsRecord
from vnetmgr.model.network import OVERLAY_FIELDS
from vnetmgr.model.options.network_extra import in_sections
from vnetmgr.model.options.networks import NETWORK_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Pairs
    from vnetmgr.model.patch import Differences

# What is changed by commands of its own has a section, too.
_LIVE = {option.field for option in NETWORK_OPTIONS.values() if option.live} | {"reservations"}


def needs_restart(differences: Differences, *, overlay: bool) -> Differences:
    """The differences that only a restart of the network brings into effect. What OVN has of an
    overlay changes at once."""
    elsewhere = OVERLAY_FIELDS if overlay else ()
    return tuple(each for each in differences if each[0] not in elsewhere and not _in_place(each))


def _in_place(difference: tuple[str, object, object]) -> bool:
    field, before, after = difference
    if field == "extra":
        return in_sections(set(_pairs(before)) ^ set(_pairs(after)))
    if field != "records":
        return field in _LIVE
    # dnsmasq reads its options at its start alone.
    return _in_options(before) == _in_options(after)


def _pairs(settings: object) -> Pairs:
    return settings if isinstance(settings, tuple) else ()


def _in_options(records: object) -> set[DnsRecord]:
    found: Iterable[object] = records if isinstance(records, tuple) else ()
    return {record for record in found if isinstance(record, DnsRecord) and record.kind.in_options}


def keeps_taps(before: Network, after: Network) -> bool:
    """Whether the guests' taps stay as they are while the network is stopped and started: their
    bridge is not the network's own, and stays the same; or they are macvtaps or cards, which stay
    where they are (measured on 9.0), or are to become such, and cannot while they run."""
    if before.has_own_bridge:
        return False
    return not (before.has_taps and after.has_taps) or before.bridge == after.bridge
