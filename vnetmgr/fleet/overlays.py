"""Who of several hosts asks OVN's northbound database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.overlay.settings import over

if TYPE_CHECKING:
    from vnetmgr.model.overlay.settings import OvnSettings


def why_here(command: OvnSettings | None, spec: OvnSettings | None = None) -> str | None:
    """Why another machine's vnetmgr cannot do what needs that database: it is a socket of this one.
    None: it can, as far as that goes."""
    said = over(command, spec)
    if said is None or not said.is_socket:
        return None
    return f"{said.northbound} is a socket of this machine"
