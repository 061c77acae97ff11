"""What iproute2 6.1 printed on a host with a bridge, a NAT network, a guest's taps, a veth pair, a
macvtap and a VXLAN; only what tests name is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def recorded(name: str) -> list[dict[str, Any]]:
    """What a command listed."""
    found: list[dict[str, Any]] = json.loads(Path(__file__).with_name(f"{name}.json").read_text())
    return found
