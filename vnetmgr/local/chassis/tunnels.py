"""The tunnels to other hosts that ovn-controller has made in this machine's Open vSwitch."""

from __future__ import annotations

from json import loads

from vnetmgr.local.chassis.read import UNREADABLE, VSCTL, map_of
from vnetmgr.local.programs import run, unreadable
from vnetmgr.model.overlay.joining import ENCAP_TYPES
from vnetmgr.model.path.overlays import Tunnel

_BFD = {"true": True, "false": False}


def read_tunnels() -> tuple[Tunnel, ...]:
    """All of them. Raises VnetError where Open vSwitch cannot be asked."""
    columns = "--columns=name,type,options,error,bfd_status"
    try:
        return parse_tunnels(run(*VSCTL, "--", columns, "list", "Interface"))
    except UNREADABLE:
        raise unreadable("ovs-vsctl") from None


def parse_tunnels(text: str) -> tuple[Tunnel, ...]:
    """Those of a table of links. Raises ValueError and the like for what is no such JSON."""
    return tuple(
        Tunnel(
            name=str(name),
            remote=map_of(options).get("remote_ip", ""),
            error=error if isinstance(error, str) and error else None,
            alive=_BFD.get(map_of(bfd).get("forwarding", "")),
        )
        for name, kind, options, error, bfd in loads(text)["data"]
        if kind in ENCAP_TYPES
    )
