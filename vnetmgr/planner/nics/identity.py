"""That a nic's name and MAC are its own: of two with one, nobody could tell which is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.planner.nics.match import describe
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context


_UNIQUE = "names are unique among all devices of a domain"
_TWINS = "two guests with one MAC get one DHCP address"


def refuse_taken_name(name: str, context: Context) -> None:
    """Refuse a nic a name that another device of its domain has."""
    if name in context.draft.names:
        raise RefusedError(
            f"domain {context.domain.name}: another device is called {name} (alias ua-{name})",
            Worded(f"choose another --name; {_UNIQUE}", f"choose another name; {_UNIQUE}"),
        )


def refuse_taken_mac(mac: str, context: Context, own: Seen[Nic] | None = None) -> None:
    """Refuse a nic a MAC that another nic of its domain has, in either state, or a guest that runs
    here."""
    for seen in context.domain.nics:
        states = [nic for nic in (seen.config, seen.live) if nic is not None]
        if seen is not own and any(str(nic.mac) == mac for nic in states):
            raise RefusedError(
                f"domain {context.domain.name}: MAC {mac} is that of nic {describe(seen.any)}",
                "two nics with one MAC cannot be told apart, by libvirt either; choose another",
            )
    links = context.observed.links
    tap = links.macs.get(f"fe{mac[2:]}") if links is not None else None
    mine = {seen.live.target for seen in context.domain.nics if seen.live}
    if tap is not None and tap not in mine:
        raise RefusedError(
            f"MAC {mac} is in use by a running guest (its tap is {tap})",
            Worded(
                f"{_TWINS}; leave --mac out for a fresh one",
                f"{_TWINS}; without mac it is a fresh one",
            ),
        )


def refuse_taken(patch_name: object, patch_mac: object, own: Seen[Nic], context: Context) -> None:
    """The same for a nic that is there, and gets another name or MAC."""
    states = [nic for nic in (own.config, own.live) if nic is not None]
    if isinstance(patch_name, str) and patch_name not in {nic.name for nic in states}:
        refuse_taken_name(patch_name, context)
    macs = {str(nic.mac) for nic in states}
    if isinstance(patch_mac, str) and str(patch_mac) not in macs:
        refuse_taken_mac(str(patch_mac), context, own)
