"""Which existing nic is meant: by name, MAC, target or PCI address; never by position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.names import did_you_mean
from vnetmgr.model.nic import differences
from vnetmgr.model.patch import UNSET
from vnetmgr.model.values import Mac, PciAddress

if TYPE_CHECKING:
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic, NicPatch
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context


def describe(nic: Nic) -> str:
    """A nic as messages call it."""
    return f"{nic.name or nic.mac} ({nic.source})"


def nothing_to_do(domain: SeenDomain, nic: Nic) -> tuple[str, str]:
    """What to say of a nic that is asked for, or asked to be so, and is."""
    label = f"{domain.name}: nic {describe(nic)} is"
    return f"{label} there already, as asked; nothing to do", f"{label} as asked; nothing to do"


def find_nic(domain: SeenDomain, address: str) -> Seen[Nic]:
    """The one nic that `address` means.

    Raises NotFoundError with the nics there are, RefusedError with the candidates.
    """
    mac, pci = _as_mac(address), _as_pci(address)
    found = [
        seen
        for seen in domain.nics
        for nic in (seen.config, seen.live)
        if nic is not None
        and (
            address in (nic.name, nic.target)
            or (mac is not None and nic.mac == mac)
            or (pci is not None and nic.pci_address == pci)
        )
    ]
    unique = list({id(seen): seen for seen in found}.values())
    if len(unique) == 1:
        return unique[0]
    if unique:
        raise RefusedError(
            f"domain {domain.name}: {address} means {len(unique)} nics: {_list(unique)}",
            f"address it by its PCI address or target: {Command('list-nics', domain.name)}",
        )
    names = [seen.any.name for seen in domain.nics]
    guess = did_you_mean(address, [name for name in names if name])
    has = f"it has {_list(domain.nics)}" if domain.nics else "it has none"
    raise NotFoundError(
        f"domain {domain.name} has no nic {address}; {has}.{guess}",
        f"address a nic by name, MAC, target or PCI address: {Command('list-nics', domain.name)}",
    )


def find_wanted(domain: SeenDomain, patch: NicPatch) -> Seen[Nic] | None:
    """The nic that a patch with a name or a MAC means; matches that disagree are refused."""
    by_mac = _where(domain, "mac", patch.mac)
    by_name = _where(domain, "name", patch.name)
    for label, seen in (("MAC", by_mac), ("name", by_name)):
        if len(seen) > 1:
            raise RefusedError(
                f"domain {domain.name}: the {label} is that of {len(seen)} nics: {_list(seen)}",
                f"change one of them first: {Command('update-nic')}, addressed by PCI address",
            )
    if by_mac and by_name and by_mac[0] is not by_name[0]:
        raise RefusedError(
            f"domain {domain.name}: the MAC is that of {_list(by_mac)}, the name that of "
            f"{_list(by_name)}",
            "leave one of the two out",
        )
    return next(iter(by_name + by_mac), None)


def on_source(domain: SeenDomain, patch: NicPatch) -> list[Seen[Nic]]:
    """The nics on the source that a patch asks for."""
    return [
        seen
        for seen in domain.nics
        if any(nic and nic.source == patch.source for nic in (seen.config, seen.live))
    ]


def _where(domain: SeenDomain, field: str, value: object) -> list[Seen[Nic]]:
    if value is UNSET:
        return []
    return [
        seen
        for seen in domain.nics
        if any(nic and getattr(nic, field) == value for nic in (seen.config, seen.live))
    ]


def _list(nics: list[Seen[Nic]] | tuple[Seen[Nic], ...]) -> str:
    return ", ".join(describe(seen.any) for seen in nics)


def _as_mac(text: str) -> Mac | None:
    try:
        return Mac.normalise(text)
    except ValueError:
        return None


def _as_pci(text: str) -> PciAddress | None:
    try:
        return PciAddress.parse(text)
    except ValueError:
        return None


def is_as_wanted(patch: NicPatch, seen: Seen[Nic], context: Context) -> bool:
    """Whether nothing is to be done about a nic that is there: most of a spec's are as it says, and
    this takes a tenth of planning them. What changes not in any state brings nothing along."""
    config, live = seen.config, seen.live
    if config is not None and differences(config, patch):
        return False
    if live is None:
        return True
    if live is not config and differences(live, patch):  # documents that say the same are one
        return False
    from vnetmgr.model.seen.guests import is_orphan

    return not is_orphan(live, context.observed)
