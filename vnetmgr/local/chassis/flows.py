"""What OVN does with a packet, asked by ovn-trace: it simulates the logical flows, and sends
nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.programs import attempt
from vnetmgr.model.path.overlays import Flow

if TYPE_CHECKING:
    from vnetmgr.model.overlay.tls import TlsFiles

_OUTPUT = re.compile(r'output\((".*")\);')
_HEADING = "#"


def ask_flow(at: str, switch: str, packet: str, tls: TlsFiles | None = None) -> Flow:
    """Of a packet on a logical switch, by the southbound database at `at`. Raises VnetError."""
    command = ["ovn-trace", f"--db={at}", "--no-leader-only", "--minimal", "--no-friendly-names"]
    if tls is not None:
        command += tls.options
    done = attempt((*command, "--", switch, packet))
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise VnetError(f"ovn-trace does not answer{f': {said[-1]}' if said else ''}")
    return parse_flow(done.stdout, switch, packet)


def parse_flow(text: str, switch: str, packet: str) -> Flow:
    """What `ovn-trace --minimal` has printed: an action a line, and the packet as a comment."""
    lines = (line.strip() for line in text.splitlines())
    actions = tuple(line for line in lines if line and not line.startswith(_HEADING))
    return Flow(
        switch=switch,
        packet=packet,
        actions=actions,
        outputs=tuple(filter(None, map(_port, actions))),
    )


def _port(action: str) -> str | None:
    found = _OUTPUT.fullmatch(action)
    try:
        return None if found is None else str(json.loads(found[1]))
    except ValueError:
        return None
