"""firewalld's zones on this machine, through its own program."""

from __future__ import annotations

from shutil import which

from vnetmgr.errors import VnetError
from vnetmgr.local.programs import attempt

_PROGRAM = "firewall-cmd"
_NOT_RUNNING = 252  # firewall-cmd(1), "Exit codes"


def read_zones() -> frozenset[str] | None:
    """The zones of a firewalld that runs; none where none runs, None where it does not say."""
    if which(_PROGRAM) is None:
        return frozenset()
    try:
        done = attempt((_PROGRAM, "--get-zones"))
    except VnetError:
        return None
    if done.returncode == _NOT_RUNNING:
        return frozenset()
    return None if done.returncode else frozenset(done.stdout.split())
