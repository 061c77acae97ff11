"""The id that is derived for a nic on an overlay, by which OVN knows it."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID, uuid5

SPACE = UUID("b5d0f1c4-6a0f-5a8e-9d53-3c7a1b8e42f7")


@lru_cache(maxsize=16384)  # planning asks several times
def overlay_port_id(domain_uuid: str, mac: object) -> str:
    """The id of a nic on an overlay that has none yet: the same on every host."""
    return str(uuid5(SPACE, f"{domain_uuid}/{mac}".lower()))
