"""Who of several hosts asks OVN's northbound database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from vnetmgr.model.overlay.settings import of_environment, over

if TYPE_CHECKING:
    from vnetmgr.model.overlay.settings import OvnSettings


def why_here(command: OvnSettings | None, spec: OvnSettings | None = None) -> str | None:
    """Why another machine's vnetmgr cannot do what needs that database: it is a socket of this one.
    None: it can, as far as that goes."""
    said = over(command, spec)
    if said is None or not said.is_socket:
        return None
    return f"{said.northbound} is a socket of this machine"


def words_from_here(
    command: OvnSettings | None, spec: OvnSettings | None = None
) -> tuple[str, ...]:
    """Where that database is, as an option, where this machine's environment alone says it: another
    machine's vnetmgr has an environment of its own. A socket of this machine would be another one
    there."""
    said, found = over(command, spec), of_environment(os.environ)
    if (said is not None and said.northbound is not None) or found.is_socket:
        return ()
    return () if found.northbound is None else (f"--ovn-nb={found.northbound}",)
