"""What a chassis is to be where nobody has said it."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError
from vnetmgr.model.overlay.joining import DATAPATH_TYPES
from vnetmgr.model.record import replace
from vnetmgr.problem import About

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.overlay.joining import ChassisWant, Datapath, Joining

_ENCAP = "geneve"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOBODY = frozenset({"", "localhost", "localhost.localdomain", "(none)"})
"""What many hosts are called."""


def datapath_type(want: ChassisWant) -> str:
    """As Open vSwitch calls it."""
    return DATAPATH_TYPES[want.datapath or "kernel"]


def resolve(want: ChassisWant, here: Joining) -> tuple[ChassisWant, list[str]]:
    """The want with nothing left open, and what to say of it; what there is counts before what
    would be chosen. Raises UsageError for what cannot be chosen."""
    now = here.chassis
    southbound = here.at(want)
    if southbound is None:
        raise UsageError(
            "nobody has said where OVN's southbound database is",
            "--southbound tcp:HOST:6642, of the host that ovn-northd runs on",
            about=About("command", field="southbound"),
        )
    datapath, notes = _datapath(want, here)
    resolved = replace(
        want,
        southbound=southbound,
        system_id=want.system_id or here.override or _name(here),
        encap_type=want.encap_type or now.encap_type or _ENCAP,
        encap_ip=want.encap_ip or _encap_ip(here),
        datapath=datapath,
    )
    return resolved, notes


def _name(here: Joining) -> str:
    """That which there is. What Open vSwitch's package has made up is nobody's, until OVN knows the
    host by it: people say where a router or a guest is to be by the host's own."""
    present = here.chassis.system_id or here.kept_id
    made_up = not here.chassis.southbound and _UUID.fullmatch(present or "")
    if present and not (made_up and here.hostname not in _NOBODY):
        return present
    return here.hostname


def _datapath(want: ChassisWant, here: Joining) -> tuple[Datapath, list[str]]:
    if want.datapath is not None:
        return want.datapath, []
    bridge = here.bridges.get(here.chassis.integration_bridge)
    set_now = here.datapath_setting if bridge is None else bridge.datapath_type
    if set_now == DATAPATH_TYPES["userspace"]:
        return "userspace", []
    if bridge is not None or here.kernel_datapath:
        return "kernel", []
    return "userspace", ["this kernel has no module openvswitch: packets are switched in userspace"]


def _encap_ip(here: Joining) -> IpAddress | None:
    """That by which the database is reached, else the only one that there is. None: as it is."""
    now = here.chassis.encap_ip
    if now is not None:
        try:
            return ip_address(now)
        except ValueError:
            if "," in now:  # several, as later versions of OVN have them
                return None
    usable = [each.address for each in here.addresses if each.is_global]
    found = here.source if here.source in usable else None
    found = found or (usable[0] if len(usable) == 1 else None)
    if found is None:
        raise UsageError(
            "which of this host's addresses the other hosts reach is not known",
            f"--encap-ip ADDRESS, one of: {', '.join(map(str, usable)) or 'none, it has none yet'}",
            about=About("command", field="encap_ip"),
        )
    return found
