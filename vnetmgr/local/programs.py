"""Programs of this machine that do one job: nft, iptables."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMEOUT_S = 30.0
_PACKAGES = {"nft": "nftables", "iptables": "iptables", "ip6tables": "iptables"}


def run(program: str, *arguments: str, given: str = "") -> str:
    """A program's standard output. Raises VnetError with what it complains of."""
    done = attempt((program, *arguments), given=given)
    if done.returncode:
        raise VnetError(
            f"{program}: {_complaint(done.stderr) or f'exit code {done.returncode}'}",
            "run as root" if os.geteuid() else None,
        )
    return done.stdout


def attempt(command: Sequence[str], *, given: str = "") -> subprocess.CompletedProcess[str]:
    """The same, whatever its exit code. Raises VnetError where it cannot be run at all."""
    program = command[0]
    try:
        return subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        package = _PACKAGES.get(program, program)
        hint = f"install it: apt install {package}, or your distribution's {package}"
        raise VnetError(f"the program {program} is not there", hint) from None
    except subprocess.TimeoutExpired:
        raise VnetError(f"{program} did not end within {_TIMEOUT_S:.0f} s") from None


def _complaint(text: str) -> str:
    """What it says, in one line, without the places that nft points at."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and set(line) - set("^ ~")]
    return "; ".join(dict.fromkeys(lines))[:500]
