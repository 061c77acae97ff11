"""What joining this machine to OVN depends on, of this machine and of OVN's southbound database."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from ipaddress import ip_address
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.chassis.read import (
    UNREADABLE,
    VSCTL,
    chassis_of,
    map_of,
    overriding_id,
    set_of,
    setting,
)
from vnetmgr.local.chassis.southbound import (
    controller_connected,
    find_southbound,
    read_gateways,
    read_southbound,
)
from vnetmgr.local.links import has_link
from vnetmgr.local.path.asking import objects
from vnetmgr.local.path.links import parse_links
from vnetmgr.local.programs import attempt, run, unreadable
from vnetmgr.model.overlay.joining import Joining, OwnAddress, SwitchBridge
from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.overlay.joining import ChassisWant

_COLUMNS = {
    "Open_vSwitch": "external_ids",
    "Bridge": "name,datapath_type,fail_mode,ports",
    "Port": "_uuid,name,external_ids",
    "SSL": "private_key,certificate,ca_cert",
}
_OVN_S = ("ovn-chassis-id", "ovn-localnet-port", "ovn-l2gateway-port")
"""The external_ids by which ovn-controller marks the ports that it makes."""


def read_joining(want: ChassisWant, northbound: str | None = None) -> Joining:
    """All of it. `northbound`: where that database is. Raises VnetError where Open vSwitch cannot
    be asked."""
    found = _of_switch(run(*VSCTL, *_listing()))
    kept = id_file()
    found = replace(
        found,
        hostname=found.hostname or socket.gethostname(),
        override=overriding_id(),
        kept_id=_first_line(kept),
        keeps_id=kept.parent.is_dir(),
        addresses=tuple(_addresses()),
        known_southbound=find_southbound(found.chassis, northbound),
        kernel_datapath=_has_kernel_datapath(),
    )
    bridge, at = found.chassis.integration_bridge, found.at(want)
    addresses = _hosts_of(at)
    found = replace(
        found,
        taken=bridge not in found.bridges and has_link(bridge),
        source=_source(at, addresses),
        lost_hosts=tuple(host for host, address in addresses.items() if address is None),
    )
    return seen_again(found, want)


def seen_again(found: Joining, want: ChassisWant) -> Joining:
    """With what changes while Open vSwitch and ovn-controller do their part."""
    at = found.at(want)
    fault = _bridge_fault(found.chassis.integration_bridge)
    found = replace(found, bridge_fault=fault, controller=controller_connected())
    if at is None:
        return found
    tls = want.tls or found.tls
    try:
        found = replace(found, southbound=read_southbound(at, tls))
        if want.leaves and found.chassis.system_id:
            found = replace(found, gateways=read_gateways(at, tls, found.chassis.system_id))
    except VnetError as error:
        return replace(found, southbound=None, southbound_unseen=error)
    return found


def id_file() -> Path:
    """Where Open vSwitch's start has the name from that it sets (ovs-ctl(8), --system-id)."""
    return Path(os.environ.get("OVS_SYSCONFDIR", "/etc"), "openvswitch", "system-id.conf")


def _bridge_fault(bridge: str) -> str | None:
    """As ovs-vswitchd itself says: its database keeps what was there before."""
    try:
        done = attempt(("ovs-appctl", "--timeout=3", "-t", "ovs-vswitchd", "ofproto/list"))
    except VnetError as error:
        return error.text
    if done.returncode:
        return "ovs-vswitchd does not run, or does not answer"
    made = bridge in done.stdout.split("\n")
    return None if made else "/var/log/openvswitch/ovs-vswitchd.log says why"


def _listing() -> Iterator[str]:
    for table, columns in _COLUMNS.items():
        yield from ("--", f"--columns={columns}", "list", table)


def _of_switch(text: str) -> Joining:
    try:
        rows = [loads(line)["data"] for line in text.splitlines() if line.strip()]
        return _parsed(*rows)
    except (*UNREADABLE, AttributeError):
        raise unreadable("ovs-vsctl") from None


def _parsed(switch: list[Any], bridges: list[Any], ports: list[Any], tls: list[Any]) -> Joining:
    ids = map_of(switch[0][0])
    chassis = chassis_of(ids, {name: kind for name, kind, _, _ in bridges}, overriding_id())
    named = {uuid[1]: (str(name), map_of(own)) for uuid, name, own in ports}
    return Joining(
        chassis=chassis,
        hostname=ids.get("hostname", ""),
        ids=ids,
        datapath_setting=setting(ids, "ovn-bridge-datapath-type", chassis.system_id),
        bridges={
            name: _bridge(name, kind, mode, [named.get(uuid) for uuid in set_of(members)])
            for name, kind, mode, members in bridges
        },
        tls=TlsFiles(*map(str, tls[0])) if tls else None,
    )


def _bridge(
    name: str, kind: str, mode: object, ports: list[tuple[str, dict[str, str]] | None]
) -> SwitchBridge:
    """A bridge with its ports but its own, by whose they are."""
    found = [port for port in ports if port is not None and port[0] != name]
    made = {port for port, own in found if any(key in own for key in _OVN_S)}
    return SwitchBridge(
        datapath_type=kind,
        fail_mode=mode if isinstance(mode, str) else None,
        guests=tuple(sorted(port for port, _ in found if port not in made)),
        controllers=tuple(sorted(made)),
    )


def _addresses() -> Iterator[OwnAddress]:
    with suppress(VnetError, *UNREADABLE):
        for link in parse_links(objects(("ip", "-j", "address"))):
            for each in link.addresses:
                is_global = each.scope == "global" and not each.address.is_loopback
                yield OwnAddress(each.address, link.name, is_global)


def _servers(southbound: str | None) -> Iterator[tuple[str, str]]:
    """Host and port of each that is behind a network."""
    for remote in (southbound or "").split(","):
        method, _, rest = remote.strip().partition(":")
        host, _, port = rest.rpartition(":")
        if method in ("tcp", "ssl") and host:
            yield host.strip("[]"), port


def _hosts_of(southbound: str | None) -> dict[str, IpAddress | None]:
    """Its hosts, and by which address this machine finds each; None: by none. Of whom nobody can
    be asked, nothing is said."""
    found: dict[str, IpAddress | None] = {}
    for host, _ in _servers(southbound):
        with suppress(VnetError):
            found[host] = _resolved(host)
    return found


def _source(southbound: str | None, addresses: dict[str, IpAddress | None]) -> IpAddress | None:
    """The address from which packets to the database leave; none is sent for that."""
    for host, port in _servers(southbound):
        address = addresses.get(host)
        if address is not None:
            with suppress(OSError, ValueError):
                return _source_to(address, int(port))
    return None


def _source_to(address: IpAddress, port: int) -> IpAddress | None:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        asked.connect((str(address), port))
        found = ip_address(asked.getsockname()[0].partition("%")[0])
    return None if found.is_loopback or found == address else found


def _resolved(host: str) -> IpAddress | None:
    """The first address of a host; None: this machine finds none. Raises VnetError where nobody
    can be asked."""
    try:
        return ip_address(host)
    except ValueError:  # a program ends when no DNS server answers; a call does not
        found = attempt(("getent", "--", "ahosts", host)).stdout.split()
        return ip_address(found[0]) if found else None


def _has_kernel_datapath() -> bool:
    if Path("/sys/module/openvswitch").exists():
        return True
    try:
        return attempt(("modprobe", "--dry-run", "--quiet", "openvswitch")).returncode == 0
    except VnetError:
        return True  # nobody can tell


def _first_line(path: Path) -> str | None:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    return lines[0].strip() if lines else ""
