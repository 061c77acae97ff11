"""Hosts to export, from documents, and the proof that what is exported plans nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.unit.libvirt_xml.networks.documents import MESSY
from tests.unit.planner.builders import (
    LINKS,
    observed,
)
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.model.desired import ALLOWANCES, Policy
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.record import replace
from vnetmgr.planner import make_plan
from vnetmgr.spec.export import Export, export_spec
from vnetmgr.spec.files import load_spec
from vnetmgr.spec.wants import to_desired

if TYPE_CHECKING:
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.seen.observed import Observed


PLUGGED = replace(LINKS, ports={"vnet7": "br0", "vnet8": "virbr7"})
MAC1, MAC2 = "52:54:00:00:00:01", "52:54:00:00:00:02"


def seen(
    config: str | None, live: str | None = None, *, autostart: bool = True, both: bool = False
) -> SeenNetwork:
    """A network from its documents; `both`: it runs as its config says."""
    live = config if both else live
    documents = [read_network(xml) if xml else None for xml in (config, live)]
    return SeenNetwork(
        key=next(each.name for each in documents if each),
        autostart=autostart,
        config=documents[0],
        live=documents[1],
        config_xml=config,
        live_xml=live,
    )


def host(*domains: SeenDomain, networks: tuple[SeenNetwork, ...] = ()) -> Observed:
    return replace(observed(), domains=domains, networks=networks, links=PLUGGED)


def changes_nothing(there: Observed, path: Path) -> Export:
    """The export, which has to be a spec that plans nothing, however far it may go."""
    found = export_spec(there)
    path.write_text(found.text, encoding="utf-8")
    desired = to_desired(load_spec([str(path)]))
    for allow in ((), ALLOWANCES):
        plan = make_plan(desired, there, Policy(allow=frozenset(allow)))
        assert (plan.steps, plan.errors, plan.waiting) == ((), (), ()), found.text
    return found


def wanted(path: Path) -> dict[str, dict[str, object]]:
    """Domain/key, or a network's name -> what the spec wants of it."""
    loaded = load_spec([str(path)])
    nics = {
        f"{nic.domain}/{nic.spec_name}": dict(nic.patch.items())
        for domain in loaded.domains
        for nic in domain.nics
    }
    return nics | {want.name: dict(want.patch.items()) for want in loaded.networks}


def net(body: str, name: str = "lab", root: str = "") -> str:
    return f"<network{root}><name>{name}</name>{body}</network>"


FORWARD = {mode: f"<forward mode='{mode}'/>" for mode in ("nat", "open", "bridge", "hostdev")}
DNSMASQ = " xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'"


def ip(address: str = "10.0.0.1", prefix: int = 24, dhcp: str = "") -> str:
    """An `<ip>`; with `dhcp`, what is in it."""
    family = "family='ipv6' " if ":" in address else ""
    return f"<ip {family}address='{address}' prefix='{prefix}'><dhcp>{dhcp}</dhcp></ip>"


def span(start: str, end: str, lease: str = "") -> str:
    expiry = f"<lease expiry='{lease}'/>" if lease else ""
    return f"<range start='{start}' end='{end}'>{expiry}</range>"


def reserved(address: str, mac: str = "", **more: str) -> str:
    client = {"mac": mac} | more if mac else more
    return f"<host {' '.join(f'{k}={v!r}' for k, v in client.items())} ip='{address}'/>"


def record(name: str) -> str:
    return f"<host ip='10.0.0.9'><hostname>{name}</hostname></host>"


def option(value: str) -> str:
    return f"<dnsmasq:options><dnsmasq:option value='{value}'/></dnsmasq:options>"


def way(address: str, via: str, metric: int = 0) -> str:
    """A `<route>` to a /16."""
    more = f" metric='{metric}'" if metric else ""
    return f"<route address='{address}' prefix='16' gateway='{via}'{more}/>"


NAT = "<forward mode='nat'><nat>{}</nat></forward>"
TAGGED = "<portgroup name='a'><vlan><tag id='5'/></vlan></portgroup>"
SHORT = span("10.0.0.5", "10.0.0.9")
OWN = "<bridge name='virbr7'/>"
CARD = "<address type='pci' domain='0' bus='3' slot='1' function='1'/>"
NETWORKS = {
    "messy": MESSY,
    "nothing": net(""),
    "isolated": net(OWN + ip()),
    "open": net(FORWARD["open"] + OWN + ip()),
    "routed": net(f"<forward mode='route' dev='eth0'/>{OWN}{ip()}"),
    "bridge": net(f"{FORWARD['bridge']}<bridge name='br0'/>{TAGGED}"),
    "openvswitch": net(
        f"{FORWARD['bridge']}<bridge name='ovs'/><virtualport type='openvswitch'/>"
        "<vlan><tag id='3'/></vlan>"
    ),
    "hostdev": net("<forward mode='hostdev' managed='yes'><pf dev='eth0'/></forward>"),
    "hostdev by address": net(f"<forward mode='hostdev'>{CARD}</forward>"),
    "macvtap": net("<forward mode='private'><interface dev='eth0'/></forward>"),
    "passthrough": net("<forward mode='passthrough'><pf dev='eth0'/></forward>"),
    "without a subnet": net(FORWARD["nat"]),
    "gateway at the end": net(ip("10.0.0.254", dhcp=SHORT)),
    "one subnet twice": net(ip("10.0.0.1") + ip("10.0.0.2")),
    "one in the other": net(ip("10.0.0.1", 8) + ip("10.1.0.1")),
    "one address twice": net(ip() + ip()),
    "the network's address": net(ip("10.0.0.0")),
    "a single host": net(ip("10.0.0.1", 32)),
    "a pair": net(ip("10.0.0.0", 31)),
    "link-local": net(ip("fe80::1", 64)),
    "loopback": net(ip("127.5.0.1")),
    "gateway in a range": net(ip(dhcp=span("10.0.0.1", "10.0.0.9"))),
    "range elsewhere": net(ip(dhcp=span("10.9.0.1", "10.9.0.9"))),
    "range backwards": net(ip(dhcp=span("10.0.0.9", "10.0.0.1"))),
    "two with DHCP": net(ip(dhcp=SHORT) + ip("10.1.0.1", dhcp=span("10.1.0.5", "10.1.0.9"))),
    "lease times": net(
        ip(dhcp=span("10.0.0.5", "10.0.0.9", "1") + span("10.0.0.15", "10.0.0.19", "90"))
    ),
    "for ever": net(ip(dhcp=span("10.0.0.5", "10.0.0.9", "0"))),
    "host elsewhere": net(ip(dhcp=reserved("10.9.0.1", MAC1))),
    "host without address": net(ip(dhcp=f"<host mac='{MAC1}' name='a'/>")),
    "host by name": net(ip(dhcp=reserved("10.0.0.9", name="a"))),
    "name of both kinds": net(
        ip(dhcp=reserved("10.0.0.9", name="a"))
        + ip("fd00::1", 64, dhcp=reserved("fd00::9", name="a"))
    ),
    "one client twice": net(ip(dhcp=reserved("10.0.0.9", MAC1) + reserved("10.0.0.8", MAC1))),
    "one address for two": net(ip(dhcp=reserved("10.0.0.9", MAC1) + reserved("10.0.0.9", MAC2))),
    "odd hostname": net(ip(dhcp=reserved("10.0.0.9", MAC1, name="a b,c"))),
    "short DUID": net(ip("fd00::1", 64, dhcp=reserved("fd00::9", id="0:3:0"))),
    "odd domain": net("<domain name='a b'/>" + ip()),
    "none of it": net("<domain name='none'/>" + ip()),
    "odd option": net(ip() + option('dhcp-option="x'), root=DNSMASQ),
    "odd text": net(f"<dns><txt name='a' value='1,2 # x'/></dns>{ip()}"),
    "odd service": net(f"<dns><srv service='a' protocol='sctp'/></dns>{ip()}"),
    "odd record": net(f"<dns>{record('a b')}</dns>{ip()}"),
    "records": net(
        "<dns><txt name='a' value='key=v: x'/><srv service='a' protocol='tcp'/>"
        f"{record('no')}{record('1e3')}</dns>{ip()}"
    ),
    "one record twice": net(f"<dns>{record('a')}{record('a')}</dns>{ip()}"),
    "boots": net(
        "<ip address='10.0.0.1' prefix='24'><tftp root='/srv'/>"
        f"<dhcp>{SHORT}<bootp file='f' server='10.0.0.9'/></dhcp></ip>"
    ),
    "odd boot": net(
        "<ip address='10.0.0.1' prefix='24'><tftp root='/a b'/>"
        f"<dhcp>{SHORT}<bootp file='a,b&#10;c'/></dhcp></ip>"
    ),
    "boots without DHCP": net(ip(dhcp="<bootp file='f'/>")),
    "routes": net(ip() + way("10.9.0.0", "10.0.0.9") + way("10.8.0.0", "10.0.0.9", 1)),
    "one route twice": net(ip() + way("10.9.0.0", "10.0.0.9") + way("10.9.0.0", "10.0.0.8", 1)),
    "a route by the host itself": net(ip() + way("10.9.0.0", "10.0.0.1")),
    "a route to everywhere": net(ip() + "<route address='0.0.0.0' gateway='10.0.0.9'/>"),
    "ranges of NAT": net(NAT.format("<address start='192.0.2.1' end='192.0.2.9'/>") + ip()),
    "odd ranges of NAT": net(NAT.format("<port start='0' end='9'/>") + ip()),
    "small MTU": net(f"<mtu size='1000'/>{ip('fd00::1', 64)}"),
    "tiny MTU": net("<mtu size='60'/>"),
    "odd portgroups": net("<portgroup name='a,b'/><portgroup name='none' default='yes'/>"),
    "VLAN where there is none": net(FORWARD["nat"] + ip() + TAGGED),
    "two defaults": net("<portgroup name='a' default='yes'/><portgroup name='b' default='yes'/>"),
    "bridge with a number": net("<bridge name='virbr%d'/>"),
}
