"""Which nic of the live document is which nic of the config. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.model.nic import Nic
from vnetmgr.model.state import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

Described = tuple[Nic, str]
"""A nic with its own element as text."""


def pair(
    domain: str,
    config: Sequence[Described],
    live: Sequence[Described],
    *,
    known: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Seen[Nic], ...]:
    """The nics of a domain: the config's in its order, then those that are only live.

    By user alias, else by MAC where it is unique, else by MAC and PCI address. libvirt accepts
    two nics with one MAC, so a MAC alone does not always tell. `known`: the config's MAC -> the
    live one, of nics that have been given another while they ran; of two whose name and MAC both
    differ a PCI address alone proves nothing, since a new nic in the config takes the slot of one
    that was taken out of it.
    """
    if _alike(config, live):  # as most are: a third of the time
        return tuple(_seen(domain, *both) for both in zip(config, live, strict=True))
    partner: dict[int, int] = {}
    keys = (_by_alias, _by_mac, _by_mac_and_address) if config and live else ()
    for key in keys:
        ours = _unique(config, key, but=partner.keys())
        theirs = _unique(live, key, but=partner.values())
        partner.update({ours[value]: theirs[value] for value in ours.keys() & theirs.keys()})
    if known and config and live:
        ours = _unique(config, lambda nic: known.get(str(nic.mac)), but=partner.keys())
        theirs = _unique(live, lambda nic: nic.mac, but=partner.values())
        partner.update({ours[value]: theirs[value] for value in ours.keys() & theirs.keys()})
    taken = set(partner.values())
    both = [
        _seen(domain, described, live[partner[index]] if index in partner else None)
        for index, described in enumerate(config)
    ]
    rest = [_seen(domain, None, nic) for index, nic in enumerate(live) if index not in taken]
    return (*both, *rest)


def _alike(config: Sequence[Described], live: Sequence[Described]) -> bool:
    """Whether both have the same nics in one order, each with a MAC of its own."""
    if len(config) != len(live):
        return False
    for (ours, _), (theirs, _) in zip(config, live, strict=True):
        if ours.mac != theirs.mac or ours.name != theirs.name or ours.owned != theirs.owned:
            return False
    macs = {nic.mac for nic, _ in config}
    return len(macs) == len(config) and None not in macs


def _by_alias(nic: Nic) -> Hashable:
    return nic.alias


def _by_mac(nic: Nic) -> Hashable:
    return nic.mac


def _by_mac_and_address(nic: Nic) -> Hashable:
    return None if nic.mac is None or nic.pci_address is None else (nic.mac, nic.pci_address)


def _unique(
    nics: Sequence[Described], key: Callable[[Nic], Hashable], *, but: Iterable[int]
) -> dict[Hashable, int]:
    """key -> position, for the keys that exactly one of the nics not yet paired has."""
    excluded = set(but)
    found: dict[Hashable, int] = {}
    twice: set[Hashable] = {None}
    for index, (nic, _) in enumerate(nics):
        if index in excluded:
            continue
        value = key(nic)
        if value in found:
            twice.add(value)
        found[value] = index
    return {value: index for value, index in found.items() if value not in twice}


def _seen(domain: str, config: Described | None, live: Described | None) -> Seen[Nic]:
    nic = (config or live or (None, ""))[0]
    return Seen(
        key=f"{domain}/{(nic.name or nic.mac) if nic else ''}",
        config=config[0] if config else None,
        live=live[0] if live else None,
        config_xml=config[1] if config else None,
        live_xml=live[1] if live else None,
    )
