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
from vnetmgr.local.programs import run
from vnetmgr.model.overlay.northbound import Chassis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.path.links import LinkFacts

_VSCTL = ("ovs-vsctl", "--timeout=5", "--format=json")
_USERSPACE = "netdev"


def read_chassis() -> Chassis:
    """What ovn-controller(8) reads. Raises VnetError where Open vSwitch cannot be asked."""
    text = run(
        *_VSCTL,
        *("--", "--columns=external_ids", "list", "Open_vSwitch"),
        *("--", "--columns=name,datapath_type", "list", "Bridge"),
    )
    try:
        ids, datapaths = parse_switch(text)
    except (ValueError, KeyError, TypeError, IndexError):
        raise VnetError("ovs-vsctl answered in no way that can be read") from None
    return _chassis(ids, datapaths, overriding_id())


def _chassis(ids: dict[str, str], datapaths: dict[str, str], override: str | None) -> Chassis:
    name = override or ids.get("system-id")

    def setting(key: str) -> str | None:
        """A machine can be several chassis: what is set for one by its name wins."""
        return ids.get(f"{key}-{name}") or ids.get(key) or None

    bridge, address = setting("ovn-bridge") or "br-int", setting("ovn-encap-ip")
    return Chassis(
        system_id=name,
        southbound=setting("ovn-remote"),
        encap_type=setting("ovn-encap-type"),
        encap_ip=address,
        integration_bridge=bridge,
        userspace=datapaths[bridge] == _USERSPACE if bridge in datapaths else None,
        bridge_mappings=parse_mappings(setting("ovn-bridge-mappings") or ""),
        underlay_mtu=_underlay_mtu(address) if address else None,
    )


def parse_switch(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The external_ids, and bridge -> its datapath's type. Raises ValueError and the like for what
    is no such JSON."""
    switch, bridges = (loads(line)["data"] for line in text.splitlines() if line.strip())
    return _map(switch[0][0]), {str(name): str(kind) for name, kind in bridges}


def parse_mappings(text: str) -> tuple[tuple[str, str], ...]:
    """(physical network, bridge) of each, as ovn-controller takes them: what is no pair is none."""
    pairs = (each.strip().partition(":") for each in text.split(","))
    return tuple((name, bridge) for name, _, bridge in pairs if name and bridge)


def _map(value: Any) -> dict[str, str]:
    kind, pairs = value
    if kind != "map":
        raise ValueError("no map")
    return {str(key): str(each) for key, each in pairs}


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
