"""Who listens on this machine, from a /proc made of files."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from vnetmgr.local.sockets import read_listeners
from vnetmgr.model.forward import Protocol
from vnetmgr.model.seen.rules import Listener

if TYPE_CHECKING:
    from pathlib import Path

TCP, UDP = Protocol.TCP, Protocol.UDP
LISTEN, CLOSE, ESTABLISHED = "0A", "07", "01"


def hexed(address: str) -> str:
    """An address as the kernel shows it: words of 32 bits in this machine's byte order."""
    packed = ip_address(address).packed
    words = [packed[at : at + 4] for at in range(0, len(packed), 4)]
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


def line(address: str, port: int, state: str, inode: int) -> str:
    """A line of /proc/net/tcp, as Linux 6.1 writes it."""
    peer = hexed("::" if ":" in address else "0.0.0.0")
    return (
        f"   0: {hexed(address)}:{port:04X} {peer}:0000 {state} 00000000:00000000 00:00000000 "
        f"00000000     0        0 {inode} 1 0000000000000000 100 0 0 10 0\n"
    )


HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Sockets of two programs, of one that has ended, and one of another user."""
    (tmp_path / "net").mkdir()
    files = {
        "tcp": [
            line("0.0.0.0", 8080, LISTEN, 1),
            line("10.0.0.1", 443, LISTEN, 2),
            line("10.0.0.1", 8080, ESTABLISHED, 3),
            "   4: broken\n",
        ],
        "tcp6": [
            line("::", 22, LISTEN, 4),
            line("fd00::1", 8080, LISTEN, 5),
            line("::ffff:10.0.0.2", 8080, LISTEN, 6),
        ],
        "udp": [line("10.0.0.1", 8080, CLOSE, 7), line("10.0.0.1", 53, ESTABLISHED, 8)],
    }
    for name, lines in files.items():
        (tmp_path / "net" / name).write_text(HEAD + "".join(lines))
    for pid, comm, inodes in [("10", "nginx", (1, 2)), ("20", "dnsmasq", (7,)), ("30", "", (5,))]:
        (tmp_path / pid / "fd").mkdir(parents=True)
        for number, inode in enumerate(inodes):
            (tmp_path / pid / "fd" / str(number)).symlink_to(f"socket:[{inode}]")
        if comm:
            (tmp_path / pid / "comm").write_text(f"{comm}\n")
    (tmp_path / "10" / "fd" / "9").symlink_to("/dev/null")
    (tmp_path / "40").mkdir()
    (tmp_path / "self").mkdir()
    return tmp_path


def listener(
    address: str, port: int = 8080, protocol: Protocol = TCP, program: str | None = None
) -> Listener:
    return Listener(protocol=protocol, address=ip_address(address), port=port, program=program)


WEB = (
    listener("0.0.0.0", program="nginx"),
    listener("fd00::1"),
    listener("10.0.0.2"),
    listener("10.0.0.1", protocol=UDP, program="dnsmasq"),
)


@pytest.mark.parametrize(
    ("ports", "found"),
    [
        ((), ()),
        ((8080,), WEB),
        ((443,), (listener("10.0.0.1", 443, program="nginx"),)),
        # Of `::`: it may take IPv4 as well.
        ((22,), (listener("::", 22),)),
        # A UDP socket that is connected waits for nobody else.
        ((53, 1), ()),
        ((22, 443), (listener("10.0.0.1", 443, program="nginx"), listener("::", 22))),
    ],
)
def test_listeners(ports: tuple[int, ...], found: tuple[Listener, ...], proc: Path) -> None:
    assert read_listeners(ports, proc) == found


def test_without_proc_there_are_none(tmp_path: Path) -> None:
    assert read_listeners((8080,), tmp_path) == ()


def test_a_socket_of_this_process() -> None:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as waiting:
        waiting.bind(("127.0.0.1", 0))
        waiting.listen()
        port = waiting.getsockname()[1]
        found = read_listeners((port,))
    assert [str(each.address) for each in found if each.protocol is TCP] == ["127.0.0.1"]
    assert found[0].program
