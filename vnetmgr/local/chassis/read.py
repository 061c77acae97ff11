"""What this machine is to OVN, from its Open vSwitch: ovs-vsctl's JSON."""

from __future__ import annotations

import os
from ipaddress import ip_address
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import VnetError
from vnetmgr.local.path.asking import objects
from vnetmgr.local.path.links import parse_links
from vnetmgr.local.programs import run, unreadable
from vnetmgr.model.overlay.host import EXTERNAL_IDS, INTEGRATION_BRIDGE, Chassis
from vnetmgr.model.overlay.joining import DATAPATH_TYPES
from vnetmgr.model.overlay.southbound import parse_mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.path.links import LinkFacts

VSCTL = ("ovs-vsctl", "--timeout=5", "--format=json")
UNREADABLE = (ValueError, KeyError, TypeError, IndexError)
"""What is raised of output that no version of the programs is known to have."""


def read_chassis() -> Chassis:
    """What ovn-controller(8) reads. Raises VnetError where Open vSwitch cannot be asked."""
    text = run(
        *VSCTL,
        *("--", "--columns=external_ids", "list", "Open_vSwitch"),
        *("--", "--columns=name,datapath_type", "list", "Bridge"),
    )
    try:
        ids, datapaths = parse_switch(text)
    except UNREADABLE:
        raise unreadable("ovs-vsctl") from None
    return chassis_of(ids, datapaths, overriding_id())


def chassis_of(ids: dict[str, str], datapaths: dict[str, str], override: str | None) -> Chassis:
    """The chassis of these external_ids, on bridges of these datapaths."""
    name = override or ids.get(EXTERNAL_IDS["system_id"])

    def found(field: str) -> str | None:
        return setting(ids, EXTERNAL_IDS[field], name)

    bridge, address = found("integration_bridge") or INTEGRATION_BRIDGE, found("encap_ip")
    return Chassis(
        system_id=name,
        southbound=found("southbound"),
        encap_type=found("encap_type"),
        encap_ip=address,
        integration_bridge=bridge,
        userspace=datapaths[bridge] == DATAPATH_TYPES["userspace"] if bridge in datapaths else None,
        bridge_mappings=parse_mappings(found("bridge_mappings") or ""),
        underlay_mtu=_underlay_mtu(address) if address else None,
    )


def setting(ids: dict[str, str], key: str, name: str | None) -> str | None:
    """A machine can be several chassis: what is set for one by its name wins."""
    return ids.get(f"{key}-{name}") or ids.get(key) or None


def parse_switch(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The external_ids, and bridge -> its datapath's type. Raises ValueError and the like for what
    is no such JSON."""
    switch, bridges = (loads(line)["data"] for line in text.splitlines() if line.strip())
    return map_of(switch[0][0]), {str(name): str(kind) for name, kind in bridges}


def map_of(value: Any) -> dict[str, str]:
    """A column that is a map. Raises ValueError and the like."""
    kind, pairs = value
    if kind != "map":
        raise ValueError("no map")
    return {str(key): str(each) for key, each in pairs}


def set_of(value: Any) -> list[str]:
    """The UUIDs of a column that holds references: one stands alone, several in a set."""
    kind, content = value
    return [str(content)] if kind == "uuid" else [str(uuid) for _, uuid in content]


def overriding_id() -> str | None:
    """The name that counts more than the database's: /etc/system-id-override (OVN 23.03)."""
    path = Path(os.environ.get("OVN_SYSCONFDIR", "/etc"), "system-id-override")
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    return lines[0] if lines else None


def _underlay_mtu(text: str) -> int | None:
    """The smallest of the links that have one of these addresses; of several there can be a tunnel
    from each."""
    mtus: list[int] = []
    for each in text.split(","):
        try:
            address = ip_address(each.strip())
            mtus += [link.mtu for link in _links_with(str(address))]
        except (VnetError, ValueError, KeyError, TypeError):
            return None
    return min(mtus, default=None)


def _links_with(address: str) -> Iterator[LinkFacts]:
    """The loopback link is none: packets leave by another."""
    for link in parse_links(objects(("ip", "-j", "address", "show", "to", address))):
        if link.name != "lo":
            yield link
