"""What becomes of each key of each type of back end.

Sources: QEMU's qapi/net.json of 7.2, with the keys that qemu-options.hx had before and has had
since.
"""

from __future__ import annotations

from vnetmgr.model.names import check_link_name
from vnetmgr.model.values import parse_size
from vnetmgr.qemu_args.rules import (
    SAME,
    Cases,
    Extra,
    Listed,
    Note,
    Refuse,
    Rule,
    Take,
    number_text,
    read_hub,
    read_path,
    read_switch,
    read_text,
)

_GUEST_FORWARD = Note(
    "libvirt cannot hand a guest's connections to a program; nearest: let the service listen "
    "on the host's address of a NAT network"
)
_DHCP = Note(
    "libvirt does not pass it to QEMU's user mode; nearest: a network of one's own, with its "
    "range and reservations (vnetmgr create-network, reserve-address)"
)
_DNS = Note(
    "libvirt does not pass it to QEMU's user mode; nearest: a network of one's own with its DNS"
)
_TFTP = Note(
    "libvirt does not pass it to QEMU's user mode; nearest: <tftp> and <bootp> of a network"
)
_SMB = Note("libvirt cannot share a folder through user mode; nearest: <filesystem> with virtiofs")
_FD = Refuse(
    "an open file of the process that starts QEMU, which libvirt does not have; name the link "
    "(ifname=), the bridge or the path instead"
)
HELPER = Note("libvirt makes the tap and plugs it into the bridge itself, without a helper")
_POLL = Note("libvirt has no element for it")
_FORCE = Note("libvirt decides it by the model: vhost needs MSI-X")
_RECONNECT = Note("libvirt has no element for it here")
_QUEUES = Take(number_text(1, 256))
_ON_OFF = Take(read_switch)
_TEXT = Take(read_text)


def _sndbuf(text: str) -> str:
    return str(parse_size(text))


def _script(text: str) -> str:
    return text or "no"


def _vhost(text: str) -> str:
    return "vhost" if read_switch(text) == "on" else "qemu"


def _bridge(text: str) -> str:
    return _link(text, what="bridge")


def _link(text: str, what: str = "link") -> str:
    if text.isdecimal():
        raise ValueError(f"{what} {text!r}: a number, where a link's name is meant; name it")
    return check_link_name(text, what=what)


COMMON: dict[str, Rule] = {"type": SAME, "id": Take(str)}

USER: dict[str, Rule] = {
    **dict.fromkeys(("hostfwd", "redir"), Listed()),
    **dict.fromkeys(("guestfwd", "channel"), _GUEST_FORWARD),
    "restrict": Cases(
        Refuse(
            "it cuts the guest off from host and Internet, and user mode without it would open "
            "that sandbox; nearest: an isolated network (create-network --mode isolated)"
        ),
        SAME,
    ),
    **dict.fromkeys(("net", "ip", "ipv6-net", "ipv6-prefix"), _TEXT),
    "ipv6-prefixlen": Take(number_text(0, 126)),
    "ipv4": Cases(SAME, Note("libvirt's user mode always has IPv4; nearest: a network without it")),
    "ipv6": Cases(SAME, Note("libvirt's user mode always has IPv6; nearest: a network without it")),
    **dict.fromkeys(("host", "dhcpstart", "hostname", "ipv6-host"), _DHCP),
    **dict.fromkeys(("dns", "dnssearch", "domainname", "ipv6-dns"), _DNS),
    **dict.fromkeys(("tftp", "tftp-server-name", "bootfile", "bootp"), _TFTP),
    **dict.fromkeys(("smb", "smbserver"), _SMB),
}

TAP: dict[str, Rule] = {
    "ifname": Take(_link),
    "script": Take(_script),
    "downscript": Take(_script),
    "br": Take(_bridge),
    "helper": _TEXT,
    **dict.fromkeys(("fd", "fds", "vhostfd", "vhostfds"), _FD),
    "vhost": Extra("driver.name", _vhost),
    "vhostforce": Cases(_FORCE, SAME),
    "queues": _QUEUES,
    "sndbuf": Extra("tune.sndbuf", _sndbuf),
    "vnet_hdr": Cases(SAME, Note("libvirt opens a tap with it whenever the model is virtio")),
    "poll-us": _POLL,
}

BRIDGE: dict[str, Rule] = {"br": Take(_bridge), "helper": HELPER}

SOCKET: dict[str, Rule] = {
    **dict.fromkeys(("listen", "connect", "mcast", "udp", "localaddr"), _TEXT),
    "fd": _FD,
}

_ADDRESS_KEYS = ("type", "host", "port", "path", "str")
_ADDRESS_NOTES = ("numeric", "keep-alive", "mptcp", "to", "ipv4", "ipv6", "abstract", "tight")
STREAM: dict[str, Rule] = {
    "server": _ON_OFF,
    **{f"addr.{key}": _TEXT for key in _ADDRESS_KEYS},
    **{f"addr.{key}": _RECONNECT for key in _ADDRESS_NOTES},
    **dict.fromkeys(("reconnect", "reconnect-ms"), _RECONNECT),
}
DGRAM: dict[str, Rule] = {
    f"{end}.{key}": rule
    for end in ("local", "remote")
    for keys, rule in ((_ADDRESS_KEYS, _TEXT), (_ADDRESS_NOTES, _RECONNECT))
    for key in keys
}

VHOST_USER: dict[str, Rule] = {"chardev": _TEXT, "vhostforce": _FORCE, "queues": _QUEUES}
VDPA: dict[str, Rule] = {"vhostdev": Take(read_path), "vhostfd": _FD, "queues": _QUEUES}
_PASST_NOTE = Note("libvirt starts passt itself and has no element for this setting of it")
_PASST_KEYS = (
    *("path", "quiet", "vhost-user", "mtu", "address", "netmask", "mac", "gateway", "interface"),
    *("outbound", "outbound-if4", "outbound-if6", "dns", "search", "fqdn", "dhcp-dns"),
    *("dhcp-search", "map-host-loopback", "map-guest-addr", "dns-forward", "dns-host", "tcp"),
    *("udp", "icmp", "dhcp", "ndp", "dhcpv6", "ra", "freebind", "ipv4", "ipv6", "param"),
)
PASST: dict[str, Rule] = {
    **dict.fromkeys(_PASST_KEYS, _PASST_NOTE),
    **dict.fromkeys(("tcp-ports", "udp-ports"), Listed()),
}

NO_EQUIVALENT = {
    "vde": "libvirt does not know VDE switches; nearest: a bridge (attach-nic --bridge), or "
    "vde_plug2tap on the host and its tap in that bridge",
    "l2tpv3": "libvirt does not know L2TPv3; nearest: a tunnel of the host (ip l2tp add tunnel, "
    "ip l2tp add session) in a bridge, and attach-nic --bridge",
    "af-xdp": "libvirt does not know it; nearest: attach-nic --direct on the same link",
    "netmap": "libvirt does not know it; nearest: attach-nic --bridge",
    **dict.fromkeys(
        ("vmnet-host", "vmnet-shared", "vmnet-bridged"),
        "a network of macOS; nearest: attach-nic --nat or --bridge",
    ),
}
LEGACY_KEYS: dict[str, Rule] = {"vlan": Take(read_hub), "name": Take(str)}
