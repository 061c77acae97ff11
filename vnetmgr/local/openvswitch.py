"""Open vSwitch on this machine, through ovs-vsctl's JSON: its bridges, and what is on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.errors import VnetError
from vnetmgr.local.programs import run
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.seen.observed import Links
    from vnetmgr.model.writes import PlugSwitchPort

_VSCTL = ("ovs-vsctl", "--timeout=5")


def with_switches(links: Links) -> Links:
    """The links with the bridges of Open vSwitch and their ports; as they are where it cannot be
    asked."""
    try:
        switches, ports = ask_switches()
    except (VnetError, ValueError, KeyError, TypeError, IndexError):
        return links  # mostly: no right to ask
    return replace(links, switches=switches, ports={**ports, **(links.ports or {})})


def ask_switches() -> tuple[frozenset[str], dict[str, str]]:
    """The bridges, and link -> its bridge. Raises VnetError, ValueError and the like."""
    return read_switches(
        run(
            *(*_VSCTL, "--format=json"),
            *("--", "--columns=name,ports", "list", "Bridge"),
            *("--", "--columns=_uuid,name,fake_bridge", "list", "Port"),
        )
    )


def read_switches(text: str) -> tuple[frozenset[str], dict[str, str]]:
    """The bridges, and link -> its bridge, from the two tables; each bridge is a port of itself.

    A VLAN of a bridge can be a "fake bridge", which is a port of that one (ovs-vsctl(8)). Raises
    ValueError and the like for what is no such JSON.
    """
    from json import loads

    bridges, ports = (loads(line) for line in text.splitlines() if line.strip())
    names = {uuid[1]: name for uuid, name, _ in ports["data"]}
    fakes = {name for _, name, fake in ports["data"] if fake is True}
    found: dict[str, str] = {}
    for name, members in bridges["data"]:
        found |= {names[uuid]: name for uuid in _uuids(members) if uuid in names}
        found[name] = name
    return frozenset({*found.values(), *fakes}), found


def _uuids(value: Any) -> Iterable[str]:
    """The members of a column that holds references: one stands alone, several in a set."""
    kind, content = value
    return [content] if kind == "uuid" else [uuid for _, uuid in content]


def plug_switch_port(write: PlugSwitchPort) -> None:
    """Make a tap a port again, as libvirt does (virNetDevOpenvswitchAddPort). Raises VnetError."""
    tags = ",".join(map(str, write.vlan))
    vlan = [] if not tags else [f"trunk={tags}" if len(write.vlan) > 1 else f"tag={tags}"]
    ids = {
        "attached-mac": write.mac,
        "iface-id": write.interface_id,
        "vm-id": write.vm_id,
        "iface-status": "active",
    }
    run(
        *(*_VSCTL, "--", "--may-exist", "add-port", write.bridge, write.port, *vlan),
        *("--", "set", "Interface", write.port),
        *(f'external_ids:{key}="{value}"' for key, value in ids.items() if value),
    )
