"""Networks as libvirt's own documents have them, and what others do to them."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libvirt

from tests.system.conftest import ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab


def documents(lab: Lab, name: str = "lab") -> tuple[str, str]:
    """A network's config and live document, but for the count of guests: network-update sets
    that to none (9.0)."""
    network = lab.conn.networkLookupByName(name)
    live = re.sub(r" connections='\d+'", "", network.XMLDesc(0))
    return network.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE), live


@dataclass(frozen=True, kw_only=True)
class Row:
    """Options, and what libvirt then has and has not, in config and live."""

    options: tuple[str, ...]
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def check(self, lab: Lab) -> None:
        """Look at both of the network lab's documents."""
        for document in documents(lab):
            for part in self.has:
                assert part in document, (self.options, part)
            for part in self.lacks:
                assert part not in document, (self.options, part)


def update(lab: Lab, *options: str) -> list[dict[str, Any]]:
    """Update the network lab; what was done."""
    changes: list[dict[str, Any]] = json.loads(
        ok(lab.vnetmgr("update-network", "lab", *options, "-o", "json"))
    )["changes"]
    return [change for change in changes if change["result"] == "done"]


@contextmanager
def foreign_link(lab: Lab, name: str, kind: str = "bridge") -> Iterator[None]:
    """A link that is somebody else's, and has to be the same afterwards: libvirt 11.3 deletes one
    whose name it wants for a bridge."""
    add = {
        "bridge": f"ip link add {name} type bridge",
        "veth": f"ip link add {name} type veth peer name foreign1",
        "alternative name": "ip link add foreign0 type veth peer name foreign1;"
        f" ip link property add dev foreign0 altname {name}",
    }
    device = "foreign0" if kind == "alternative name" else name
    lab.sh(add[kind])
    try:
        index = lab.sh(f"cat /sys/class/net/{device}/ifindex")
        yield
        assert lab.sh(f"cat /sys/class/net/{device}/ifindex", check=False) == index
    finally:
        lab.sh(f"ip link del {device}", check=False)
