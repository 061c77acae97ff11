"""What vnetmgr calls the rows of an overlay in OVN."""

from __future__ import annotations

from hashlib import sha1

INSIDE, OUTSIDE, LOCALNET = "inside", "outside", "localnet"
"""The sides of an overlay's router, and the way on to the physical network."""


def row_name(table: str, role: str, network: str) -> str:
    """The name of the row that is this for a network; empty: the table's rows have none.

    The network's name comes last, but for hosts, so that no two networks have one.
    """
    match table:
        case "Logical_Switch":
            return f"vnetmgr-outside-{network}" if role == OUTSIDE else network
        case "Logical_Router":
            return f"vnetmgr-router-{network}"
        case "Logical_Switch_Port":
            return f"vnetmgr-port-{role}-{network}"
        case "Logical_Router_Port":
            return f"vnetmgr-gateway-{role}-{network}"
        case "Gateway_Chassis":
            return f"{row_name('Logical_Router_Port', OUTSIDE, network)}-{role}"
        case "Port_Group":  # rules have it: letters and digits alone
            return f"vnetmgr_{_digest(network).hex()}"
    return ""


def overlay_behind(router_port: str) -> str | None:
    """The overlay that leaves by a router's port of that name; None: none does."""
    before = row_name("Logical_Router_Port", OUTSIDE, "")
    return router_port.removeprefix(before) if router_port.startswith(before) else None


def mac_of(side: str, network: str, fleet: str) -> str:
    """Of one of the router's ports: the same whoever makes it, and another one for each network."""
    tail = _digest(f"{side} {fleet} {network}")[:5]
    return ":".join(("0a", *(f"{byte:02x}" for byte in tail)))


def _digest(text: str) -> bytes:
    data = text.encode(errors="surrogatepass")
    return sha1(data, usedforsecurity=False).digest()[:10]
