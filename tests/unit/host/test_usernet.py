"""What QEMU's monitor says of user mode, as 7.2 wrote it, and what it is told."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from vnetmgr.host.usernet import adding, complaint, read_usernet, removing
from vnetmgr.model.forward import Protocol
from vnetmgr.model.host_forward import HostForward

HEAD = "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
SAID = (
    "Hub -1 (hostua-net):\r\n"
    + HEAD
    + "  TCP[HOST_FORWARD]  16               *  8082       10.0.2.99    80     0     0\r\n"
    "  TCP[ESTABLISHED]   17       127.0.0.1  8082       10.0.2.99    80     0     0\r\n"
    "Hub -1 (hostnet0):\r\n"
    + HEAD
    + "  UDP[HOST_FORWARD]  15       127.0.0.1  5353       10.0.2.15    53     0     0\r\n"
)
WEB = HostForward(
    netdev="hostua-net",
    protocol=Protocol.TCP,
    listen=None,
    host_port=8082,
    guest_address=IPv4Address("10.0.2.99"),
    guest_port=80,
)
DNS = HostForward(
    netdev="hostnet0",
    protocol=Protocol.UDP,
    listen=IPv4Address("127.0.0.1"),
    host_port=5353,
    guest_address=None,
    guest_port=53,
)


def test_forwards_are_read_by_nic_and_connections_are_left_out() -> None:
    web, dns = read_usernet(SAID)
    assert web == WEB
    assert DNS.is_as(dns)
    assert not WEB.is_as(dns)
    assert list(read_usernet("")) == []


def test_commands() -> None:
    assert adding(WEB) == "hostfwd_add hostua-net tcp::8082-10.0.2.99:80"
    assert adding(DNS) == "hostfwd_add hostnet0 udp:127.0.0.1:5353-:53"
    assert removing(DNS) == "hostfwd_remove hostnet0 udp:127.0.0.1:5353"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "host forwarding rule for tcp::8080 removed\r\n",
        "host forwarding rule for tcp::8080 not found\r\n",
    ],
)
def test_what_is_no_complaint(said: str) -> None:
    assert complaint(said) is None


@pytest.mark.parametrize(
    "said",
    [
        "Could not set up host forwarding rule 'tcp::8080-:81'\r\n",
        "unrecognized netdev id 'hostnope'\r\n",
        "unknown command: 'hostfwd_add'\r\n",
    ],
)
def test_what_is_one(said: str) -> None:
    assert complaint(said) == said.strip()
