"""Names of hosts, as this machine looks them up: in /etc/hosts, DNS, or wherever it is told to."""

from __future__ import annotations

from vnetmgr.errors import VnetError
from vnetmgr.local.programs import attempt


def is_known(name: str) -> bool | None:
    """Whether this machine finds an address of a host; None where nobody can be asked. By a program
    of its own, which ends when a DNS server does not answer."""
    try:
        return attempt(("getent", "--", "ahosts", name)).returncode == 0
    except VnetError:
        return None
