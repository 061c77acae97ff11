"""A spec for several hosts, read on one of them: what it calls this one, and its part. Where none
is named, all of it would be done here."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError
from vnetmgr.model.names import joined
from vnetmgr.problem import About
from vnetmgr.spec.parts import part_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vnetmgr.model.spec import Spec
    from vnetmgr.problem import Place

_ABOUT = About("command", field="this_host")
_MOST_PLACES = 3


def part_here(spec: Spec, name: str) -> tuple[Spec, tuple[str, ...]]:
    """The part of the host of that name, or of this machine's for an empty one; and what is to be
    said of that."""
    named = spec.named_hosts
    host = name or own_name(socket.gethostname(), named)
    part = part_of(spec, host)
    if not named or host in named:
        return part, ()
    return part, (
        f"the spec names no host {host}, which this one is; it has {joined(sorted(named))}",
    )


def own_name(hostname: str, named: Collection[str]) -> str:
    """What a spec calls the machine that calls itself so: one of the two may lack its DNS domain.
    Raises UsageError where it may be either of two."""
    own = hostname.lower()
    same = [name for name in named if name.lower() == own]
    short = [
        name
        for name in named
        if name.lower() == own.partition(".")[0] or name.lower().partition(".")[0] == own
    ]
    found = same or short or [hostname]
    if len(found) > 1:
        raise UsageError(
            f"this machine is called {hostname}, and the spec has {joined(found)}",
            f"say which it is: --this-host {found[0]}",
            about=_ABOUT,
        )
    return found[0]


def refusal(spec: Spec) -> UsageError:
    """That such a spec is for no host alone."""
    first = list(_places(spec))
    more = len(first) - _MOST_PLACES
    places = ", ".join(map(str, first[:_MOST_PLACES])) + (f" and {more} more" if more > 0 else "")
    return UsageError(
        f"the spec says which hosts things are on ({places}), and which this one is, nobody says",
        "do all of it: --hosts FILE, or --host NAME of /etc/vnetmgr/hosts.yaml; or this machine's "
        "part: --this-host NAME",
        about=_ABOUT,
    )


def _places(spec: Spec) -> Iterator[Place | None]:
    for want in spec.networks:
        if want.hosts is not None:
            yield want.hosts[0].origin if want.hosts else want.origin
    yield from (domain.host.origin for domain in spec.domains if domain.host is not None)
