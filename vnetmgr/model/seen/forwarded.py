"""Which of a domain's nics its port forwards lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.host_forward import is_slirp
from vnetmgr.model.nic import Mode

if TYPE_CHECKING:
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen


def nic_of(domain: SeenDomain, forward: Forward) -> Seen[Nic] | None:
    """The nic that a forward of the domain's metadata names."""
    for seen in domain.nics:
        if forward.nic is not None and forward.nic in (seen.any.name, seen.any.mac):
            return seen
    return None


def leads_to_slirp(domain: SeenDomain, forward: Forward) -> bool:
    """Whether a forward of the domain's metadata is QEMU's own affair."""
    seen = nic_of(domain, forward)
    return seen is not None and is_slirp(seen.any)


def leads_to_user(domain: SeenDomain, forward: Forward) -> bool:
    """Whether a forward of the domain's metadata leads into user mode of either kind."""
    seen = nic_of(domain, forward)
    return seen is not None and seen.any.source.mode is Mode.USER


def needs_no_rules(domain: SeenDomain) -> bool:
    """Whether the domain has forwards, and no rule of this machine has to do with them."""
    return bool(domain.forwards) and all(leads_to_user(domain, each) for each in domain.forwards)
