"""How a bridge with an uplink is made so that it is there after the next boot as well: by the tool
that manages the host's links, in that one's words."""

from __future__ import annotations

from enum import StrEnum

from vnetmgr.model.record import Record


class LinkManager(StrEnum):
    """What brings the host's links up."""

    NETPLAN = "netplan"
    NETWORK_MANAGER = "NetworkManager"
    NETWORKD = "systemd-networkd"
    IFUPDOWN = "ifupdown"


class LinkSetup(Record):
    """Who manages this machine's links, and which of them leads out."""

    manager: LinkManager | None = None
    """None: none that is known."""
    uplink: str | None = None
    """The link of the default route, if it can be a port of a bridge."""


_LINES = {
    LinkManager.NETPLAN: (
        "write into /etc/netplan/90-{bridge}.yaml: network: {{version: 2, ethernets: {{{uplink}: "
        "{{dhcp4: false}}}}, bridges: {{{bridge}: {{interfaces: [{uplink}], dhcp4: true}}}}}}; "
        "then: netplan try"
    ),
    LinkManager.NETWORK_MANAGER: (
        "nmcli connection add type bridge ifname {bridge} con-name {bridge} && nmcli connection "
        "add type bridge-slave ifname {uplink} con-name {bridge}-{uplink} master {bridge} && nmcli "
        "connection up {bridge}-{uplink}"
    ),
    LinkManager.NETWORKD: (
        "cd /etc/systemd/network && printf '[NetDev]\\nName={bridge}\\nKind=bridge\\n' > "
        "05-{bridge}.netdev && printf '[Match]\\nName={uplink}\\n[Network]\\nBridge={bridge}\\n' > "
        "05-{bridge}-{uplink}.network && printf '[Match]\\nName={bridge}\\n[Network]\\n"
        "DHCP=yes\\n' > 05-{bridge}.network && networkctl reload"
    ),
    LinkManager.IFUPDOWN: (
        "apt install bridge-utils; in /etc/network/interfaces make the stanza of {uplink} `iface "
        "{uplink} inet manual` and add `auto {bridge}`, `iface {bridge} inet dhcp` and, indented "
        "below it, `bridge_ports {uplink}`; then: ifup {bridge}"
    ),
}


def making_bridge(bridge: str, setup: LinkSetup | None) -> str:
    """How to make a bridge, as a hint. `setup` None: of a host that cannot be seen from here."""
    uplink = (setup.uplink if setup is not None else None) or "UPLINK"
    if setup is None:
        return (
            f"make it on the host, with an uplink, by what manages its links there ({_known()}); "
            f"`ip link add {bridge} type bridge` makes one without, that is gone at the next boot"
        )
    moves = f"; the host's own addresses move from {uplink} to {bridge}, so have another way in"
    if setup.manager is None:
        return (
            f"none of {_known()} manages this host's links. Until the next boot: ip link add "
            f"{bridge} type bridge && ip link set {bridge} up && ip link set {uplink} master "
            f"{bridge}{moves}"
        )
    lines = _LINES[setup.manager].format(bridge=bridge, uplink=uplink)
    return f"{setup.manager} manages this host's links: {lines}{moves}"


def _known() -> str:
    return ", ".join(LinkManager)
