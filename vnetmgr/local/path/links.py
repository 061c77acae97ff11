"""Links with their addresses, from `ip -j -d address` (iproute2's ipaddress.c, iplink_*.c)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from vnetmgr.local.links import SYSFS
from vnetmgr.model.path.links import BridgeFacts, LinkAddress, LinkFacts, PortFacts
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COMMAND = ("ip", "-j", "-d", "address")


def parse_links(objects: Iterable[dict[str, Any]]) -> tuple[LinkFacts, ...]:
    """The links; raises KeyError and the like for what ip does not print."""
    return tuple(_link(each) for each in objects if each)  # some versions leave `{}` for others


def with_cards(links: Iterable[LinkFacts], root: Path = SYSFS) -> tuple[LinkFacts, ...]:
    """With what sysfs tells of cards: which are Wi-Fi, and by which driver they run."""
    return tuple(
        each
        if each.kind is not None
        else replace(
            each,
            wireless=(root / each.name / "phy80211").exists(),
            driver=_driver(root / each.name),
        )
        for each in links
    )


def _driver(link: Path) -> str | None:
    try:
        return (link / "device" / "driver").readlink().name
    except OSError:
        return None


def _link(entry: dict[str, Any]) -> LinkFacts:
    flags, info = entry["flags"], entry.get("linkinfo", {})
    kind, own = info.get("info_kind"), info.get("info_data", {})
    parent = entry.get("link")
    master = entry.get("master")
    return LinkFacts(
        name=entry["ifname"],
        kind=kind,
        mac=_mac(entry.get("address")) if entry.get("link_type") == "ether" else None,
        up="UP" in flags,
        carrier="LOWER_UP" in flags,
        mtu=entry["mtu"],
        master=master,
        parent=parent,
        far_parent=parent is None and "link_netnsid" in entry,
        vlan=own.get("id") if kind == "vlan" else None,
        direct_mode=own.get("mode") if kind in ("macvtap", "macvlan") else None,
        bridge=_bridge(own) if kind == "bridge" else None,
        port=_port(master, info["info_slave_data"])
        if master and info.get("info_slave_kind") == "bridge"
        else None,
        bond_mode=own.get("mode") if kind == "bond" else None,
        addresses=tuple(_address(each) for each in entry.get("addr_info", ()) if each),
        qdisc=entry.get("qdisc"),
        alternative_names=tuple(entry.get("altnames", ())),
    )


def _bridge(own: dict[str, Any]) -> BridgeFacts:
    return BridgeFacts(
        stp=bool(own.get("stp_state")),
        vlan_filtering=bool(own.get("vlan_filtering")),
        default_pvid=own.get("vlan_default_pvid", 1),
        forward_delay_s=own.get("forward_delay", 0) / 100,
        nf_call_iptables=bool(own.get("nf_call_iptables")),
        nf_call_ip6tables=bool(own.get("nf_call_ip6tables")),
        nf_call_arptables=bool(own.get("nf_call_arptables")),
    )


def _port(bridge: str, own: dict[str, Any]) -> PortFacts:
    return PortFacts(
        bridge=bridge,
        state=own["state"],
        isolated=own.get("isolated", False),
        hairpin=own.get("hairpin", False),
        learning=own.get("learning", True),
        flood=own.get("flood", True),
    )


def _address(entry: dict[str, Any]) -> LinkAddress:
    return LinkAddress(
        address=ip_address(entry["local"]),
        prefix=entry["prefixlen"],
        scope=entry.get("scope", "global"),
        dynamic=bool(entry.get("dynamic")),
        duplicate=bool(entry.get("dadfailed")),
    )


def _mac(text: str | None) -> Mac | None:
    return None if text is None else Mac.normalise(text)
