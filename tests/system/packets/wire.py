"""Three machines around a host, all of them network namespaces: a and b are ports of the host's
bridge, c is on a link that it routes to. Their kernels have no addresses, so they answer nothing:
frames are made and read here, and the host's kernel alone decides.

Runs in a network namespace of its own.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import socket
import struct
import subprocess
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.lab.waiting import eventually
from vnetmgr.packets.packet import ARP, IPV4, IPV6
from vnetmgr.packets.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.packets import Packet

MACS = {name: f"02:00:00:00:00:0{number}" for number, name in enumerate("abc", 1)}
HOST_MACS = {"br0": "02:00:00:00:01:01", "pc": "02:00:00:00:01:02"}
ADDRESSES = {
    "a": (ip_address("10.0.0.2"), ip_address("fd00::2")),
    "b": (ip_address("10.0.0.3"), ip_address("fd00::3")),
    "c": (ip_address("10.1.0.2"), ip_address("fd01::2")),
}
HOST = {
    "br0": (ip_address("10.0.0.1"), ip_address("fd00::1")),
    "pc": (ip_address("10.1.0.1"), ip_address("fd01::1")),
}
_CLONE_NEWNET = 0x40000000
_EVERY = 0x0003
_TO_OTHERS = 4  # PACKET_OUTGOING
_MAGIC = b"vnetmgr!"


class Seen(NamedTuple):
    """A packet that has got somewhere."""

    where: str
    source: IpAddress | None
    target: IpAddress | None
    source_port: int | None
    target_port: int | None


def run(*command: str, given: str = "") -> str:
    """A program's output."""
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}\n{given}")
    return done.stdout


class Wire:
    """The machines, and a socket on each link."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._sockets: dict[str, socket.socket] = {}
        _sysctls()
        run("ip", "-batch", "-", given="\n".join(_links()))
        for name in "abc":
            self._machine(name)
        run("ip", "-batch", "-", given="\n".join(_neighbours()))
        for name, machine in (("pa", "a"), ("pb", "b")):
            run("bridge", "fdb", "replace", MACS[machine], "dev", name, "master", "static")
        self._local = [
            socket.socket(family, socket.SOCK_RAW, protocol)
            for family, protocols in (
                (socket.AF_INET, (socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMP)),
                (socket.AF_INET6, (socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMPV6)),
            )
            for protocol in protocols
        ]
        self._senders = {
            4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
            6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW),
        }
        eventually(_are_up, "the links carry packets")
        self.collect(0.1)

    def _machine(self, name: str) -> None:
        """Take the link's other end to a namespace of its own, and open a socket there."""
        self._enter_new()
        there = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._enter(self._home)
        run("ip", "link", "set", f"e{name}", "netns", f"/proc/{os.getpid()}/fd/{there}")
        self._enter(there)
        run("ip", "link", "set", f"e{name}", "address", MACS[name], "addrgenmode", "none", "up")
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY))
        sniffer.bind((f"e{name}", 0))
        sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._sockets[name] = sniffer
        self._enter(self._home)

    def _enter(self, namespace: int) -> None:
        if self._libc.setns(namespace, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def _enter_new(self) -> None:
        if self._libc.unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")

    def send(self, machine: str, packet: Packet, mark: int) -> None:
        """From a, b or c as a frame, from `host` by its stack. mark: what it is known by."""
        if machine == "host":
            data, target = network_bytes(packet, mark), packet.target
            if target is not None:
                try:
                    self._senders[target.version].sendto(data, (str(target), 0))
                except OSError:
                    return  # dropped at once: EPERM
            return
        self._sockets[machine].send(frame_bytes(packet, mark))

    def collect(self, quiet_s: float) -> dict[int, list[Seen]]:
        """What has got anywhere, until nothing has for a while."""
        found: dict[int, list[Seen]] = {}
        by_socket = {each: name for name, each in self._sockets.items()}
        sockets = [*by_socket, *self._local]
        while True:
            ready, _, _ = select.select(sockets, (), (), quiet_s)
            if not ready:
                return found
            for each in ready:
                data, sender = each.recvfrom(65536)
                if each in by_socket:
                    parsed = None if sender[2] == _TO_OTHERS else parse_frame(data)
                    where = by_socket[each]
                else:
                    parsed, where = _parse_local(each, data, sender), "host"
                if parsed is not None:
                    mark, seen = parsed
                    found.setdefault(mark, []).append(seen._replace(where=where))


def _sysctls() -> None:
    for path, value in (
        ("ipv4/ip_forward", 1),
        ("ipv6/conf/all/forwarding", 1),
        ("ipv4/conf/all/rp_filter", 0),
        ("ipv4/conf/default/rp_filter", 0),
        ("ipv4/conf/all/route_localnet", 0),
        ("ipv6/conf/default/accept_dad", 0),
        ("ipv4/icmp_ratelimit", 0),
    ):
        Path(f"/proc/sys/net/{path}").write_text(str(value))


def _are_up() -> bool:
    """Whether all links have their carriers, and the bridge's ports forward."""
    states = {each["ifname"]: each["operstate"] for each in json.loads(run("ip", "-j", "link"))}
    ports = json.loads(run("bridge", "-j", "link"))
    return all(states[link] == "UP" for link in ("br0", "pa", "pb", "pc")) and all(
        each["state"] == "forwarding" for each in ports
    )


def _links() -> Iterator[str]:
    yield "link set lo up"
    yield f"link add br0 address {HOST_MACS['br0']} type bridge stp_state 0 forward_delay 0"
    for name in "abc":
        yield f"link add p{name} type veth peer name e{name}"
    yield f"link set pc address {HOST_MACS['pc']}"
    for name in "ab":
        yield f"link set p{name} master br0"
    for link in ("br0", "pa", "pb", "pc"):
        yield f"link set {link} up"
    for link, addresses in HOST.items():
        for each in addresses:
            nodad = " nodad" if each.version == 6 else ""
            yield f"address add {each}/{24 if each.version == 4 else 64} dev {link}{nodad}"


def _neighbours() -> Iterator[str]:
    for name, addresses in ADDRESSES.items():
        link = "pc" if name == "c" else "br0"
        for each in addresses:
            yield f"neighbour replace {each} lladdr {MACS[name]} dev {link} nud permanent"


# Bytes


def frame_bytes(packet: Packet, mark: int) -> bytes:
    """As it stands on the wire."""
    head = _mac(packet.mac_to) + _mac(packet.mac_from)
    if packet.vlan is not None:
        head += struct.pack("!HH", 0x8100, packet.vlan)
    head += struct.pack("!H", packet.ethertype)
    if packet.ethertype != ARP:
        return head + network_bytes(packet, mark)
    source, target = packet.source, packet.target
    body = struct.pack("!HHBBH", 1, IPV4, 6, 4, packet.arp_operation or 1)
    body += _mac(packet.mac_from) + (source.packed if source else b"\0" * 4)
    body += b"\0" * 6 + (target.packed if target else b"\0" * 4)
    return head + body + _payload(mark)


def network_bytes(packet: Packet, mark: int) -> bytes:
    """From IP's header on."""
    source, target = packet.source, packet.target
    if source is None or target is None:
        raise ValueError("a packet on a wire has addresses")
    number = World(packet).protocol or 0
    body = _transport(packet, number, mark)
    pseudo = source.packed + target.packed + struct.pack("!II", len(body), number)
    at = {6: 16, 17: 6, 1: 2, 58: 2}[number]
    total = _checksum((b"" if number == 1 else pseudo) + body)
    body = body[:at] + struct.pack("!H", total or 0xFFFF) + body[at + 2 :]
    if target.version == 6:
        return (
            struct.pack("!IHBB", 6 << 28, len(body), number, 64)
            + source.packed
            + target.packed
            + body
        )
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), mark & 0xFFFF, 0x4000, 64, number, 0)
    head += source.packed + target.packed
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + body


def _transport(packet: Packet, number: int, mark: int) -> bytes:
    payload = _payload(mark)
    ports = struct.pack("!HH", packet.source_port or 0, packet.target_port or 0)
    if number == 6:
        flags = packet.tcp_flags if packet.tcp_flags is not None else 2
        acknowledged = 1001 + len(payload) if flags & 16 else 0
        return (
            ports + struct.pack("!IIBBHHH", 1000, acknowledged, 0x50, flags, 8192, 0, 0) + payload
        )
    if number == 17:
        return ports + struct.pack("!HH", 8 + len(payload), 0) + payload
    return (
        struct.pack("!BBHHH", packet.icmp_type or 0, 0, 0, (packet.source_port or mark) & 0xFFFF, 1)
        + payload
    )


def _payload(mark: int) -> bytes:
    return _MAGIC + struct.pack("!I", mark)


def _checksum(data: bytes) -> int:
    whole = data + b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(whole[at : at + 2], "big") for at in range(0, len(whole), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _mac(text: str | None) -> bytes:
    return bytes.fromhex((text or "02:00:00:00:00:99").replace(":", ""))


def parse_frame(data: bytes) -> tuple[int, Seen] | None:
    """What is known of a frame; None: none of these."""
    ethertype, rest = int.from_bytes(data[12:14], "big"), data[14:]
    if ethertype == 0x8100:
        ethertype, rest = int.from_bytes(data[16:18], "big"), data[18:]
    if ethertype == ARP:
        mark = _mark(rest[28:])
        source, target = IPv4Address(rest[14:18]), IPv4Address(rest[24:28])
        return None if mark is None else (mark, Seen("", source, target, None, None))
    if ethertype == IPV4 and len(rest) >= 20:
        ends = IPv4Address(rest[12:16]), IPv4Address(rest[16:20])
        return _parse_transport(rest[9], rest[20:], ends)
    if ethertype == IPV6 and len(rest) >= 40:
        six = IPv6Address(rest[8:24]), IPv6Address(rest[24:40])
        return _parse_transport(rest[6], rest[40:], six)
    return None


def _parse_local(
    receiver: socket.socket, data: bytes, sender: tuple[str, ...]
) -> tuple[int, Seen] | None:
    """A raw socket of IPv4 is given the header, of IPv6 the sender only."""
    if receiver.family == socket.AF_INET:
        return parse_frame(b"\0" * 12 + struct.pack("!H", IPV4) + data)
    source = ip_address(sender[0].partition("%")[0])
    return _parse_transport(receiver.proto, data, (source, None))


def _parse_transport(
    protocol: int, data: bytes, ends: tuple[IpAddress, IpAddress | None]
) -> tuple[int, Seen] | None:
    start = {6: 20, 17: 8, 1: 8, 58: 8}.get(protocol)
    mark = None if start is None else _mark(data[start:])
    if mark is None:
        return None
    if protocol in (1, 58):
        return mark, Seen("", *ends, None, None)
    source_port, target_port = struct.unpack("!HH", data[:4])
    return mark, Seen("", *ends, source_port, target_port)


def _mark(payload: bytes) -> int | None:
    if not payload.startswith(_MAGIC) or len(payload) < 12:
        return None
    return int.from_bytes(payload[8:12], "big")


@contextmanager
def loaded() -> Iterator[None]:
    """Whatever is loaded meanwhile goes again."""
    try:
        yield
    finally:
        run("nft", "flush", "ruleset")
        for program in ("iptables-legacy", "ip6tables-legacy"):
            for table in ("filter", "nat", "mangle", "raw"):
                run(f"{program}-restore", given=_EMPTY[table])


_CHAINS = {
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "raw": ("PREROUTING", "OUTPUT"),
}
_EMPTY = {
    table: "\n".join([f"*{table}", *(f":{chain} ACCEPT" for chain in chains), "COMMIT\n"])
    for table, chains in _CHAINS.items()
}
