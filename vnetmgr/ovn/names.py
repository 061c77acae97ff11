"""What vnetmgr writes beside OVN's own columns: whose a row is, and what no column can say.

All of it stands in external_ids, under keys that begin with `vnetmgr-`. Whatever else is in there
is somebody else's, and stays.
"""

from __future__ import annotations

from hashlib import sha1

from vnetmgr.model.overlay.southbound import ROUTER_PORT

FLEET, NETWORK, REVISION = "vnetmgr-fleet", "vnetmgr-network", "vnetmgr-revision"
ROLE = "vnetmgr-role"
"""What a row is for its network: a switch is its `switch`."""
SWITCH, INSIDE, OUTSIDE, LOCALNET = "switch", "inside", "outside", "localnet"
RECORDS, NAMES, ISOLATED, ROUTER = "records", "names", "isolated", "router"
NIC = "nic"
RESERVED = "vnetmgr-reserved-"
"""With a MAC behind it; says what is reserved for that."""
HOST = "vnetmgr-host-"
"""With a host's name behind it: that one has a libvirt network for the switch."""
FIELD = "vnetmgr-"
"""With a field's name behind it; says the field as it was given."""
OWNER_KEYS = {
    "domain": f"{FIELD}domain",
    "domain_name": f"{FIELD}domain-name",
    "nic": f"{FIELD}nic",
    "host": f"{FIELD}host",
}
"""Of a nic's port: its owner's field -> the key."""
DNS_NAME, OWN_CHOICE, MIGRATION = f"{FIELD}dns-name", f"{FIELD}own-choice", f"{FIELD}migration"
PORT_KEYS = frozenset({*OWNER_KEYS.values(), DNS_NAME, OWN_CHOICE, MIGRATION})


def router_name(network: str) -> str:
    """Of an overlay's router. The network's name comes last in all of these, so that no two
    networks have one name."""
    return f"vnetmgr-router-{network}"


def switch_name(network: str) -> str:
    """Of the switch between its router and the physical network."""
    return f"vnetmgr-outside-{network}"


def port_name(side: str, network: str) -> str:
    """Of a switch's port that no nic has: `inside`, `outside`, `localnet`."""
    return f"vnetmgr-port-{side}-{network}"


def router_port_name(side: str, network: str) -> str:
    """Of one of the router's ports."""
    return f"{ROUTER_PORT}{side}-{network}"


def group_name(network: str) -> str:
    """Of its port group: rules have it, so that it is made of letters and digits alone."""
    return f"vnetmgr_{_digest(network).hex()}"


def mac_of(side: str, network: str, fleet: str) -> str:
    """Of one of the router's ports: the same whoever makes it, and another one for each network."""
    tail = _digest(f"{side} {fleet} {network}")[:5]
    return ":".join(("0a", *(f"{byte:02x}" for byte in tail)))


def _digest(text: str) -> bytes:
    data = text.encode(errors="surrogatepass")
    return sha1(data, usedforsecurity=False).digest()[:10]
