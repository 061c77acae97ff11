"""Port forwards: what they are called, and which of them want the same port of the host."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from vnetmgr.model.forward import Forward, ForwardKey, Protocol, overlaps

A, B = ip_address("10.0.0.1"), ip_address("10.0.0.2")
ALL4, ALL6 = ip_address("0.0.0.0"), ip_address("::")
SIX = ip_address("fd00::1")
WEB = Forward(host_port=8080, guest_port=80)


def forward(port: int = 8080, ports: int = 1, **fields: object) -> Forward:
    """One to the guest's port 80, and as many as follow."""
    return Forward(host_port=port, guest_port=80, ports=ports, **fields)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    ("given", "name", "text", "versions"),
    [
        (WEB, "8080/tcp", "8080:80/tcp", (4, 6)),
        (forward(protocol=Protocol.UDP), "8080/udp", "8080:80/udp", (4, 6)),
        (forward(listen=A), "10.0.0.1:8080/tcp", "10.0.0.1:8080:80/tcp", (4,)),
        (forward(listen=ALL4), "0.0.0.0:8080/tcp", "0.0.0.0:8080:80/tcp", (4,)),
        (forward(listen=SIX), "[fd00::1]:8080/tcp", "[fd00::1]:8080:80/tcp", (6,)),
        (forward(8000, 11), "8000-8010/tcp", "8000-8010:80-90/tcp", (4, 6)),
        # It is open to nobody of the other version, instead of to everybody.
        (forward(allow_from=(ip_network("10.0.0.0/8"),)), "8080/tcp", "8080:80/tcp", (4,)),
        (
            forward(allow_from=(ip_network("10.0.0.0/8"), ip_network("fd00::/64"))),
            "8080/tcp",
            "8080:80/tcp",
            (4, 6),
        ),
    ],
)
def test_what_it_is_called(given: Forward, name: str, text: str, versions: tuple[int, ...]) -> None:
    assert (given.name, given.text, given.versions) == (name, text, versions)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (None, None, True),
        (None, A, True),
        (None, SIX, True),
        (A, A, True),
        (A, B, False),
        (A, ALL4, True),
        (ALL4, ALL4, True),
        (A, SIX, False),
        (ALL4, SIX, False),
        (ALL4, ALL6, False),
        (ALL6, SIX, True),
    ],
)
def test_listening_addresses(one: object, other: object, common: bool) -> None:  # noqa: FBT001
    assert overlaps(one, other) is common  # type: ignore[arg-type]  # the table's
    assert overlaps(other, one) is common  # type: ignore[arg-type]  # the table's


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (WEB, WEB, True),
        (WEB, Forward(host_port=8080, guest_port=1), True),
        (WEB, forward(8081), False),
        (WEB, forward(protocol=Protocol.UDP), False),
        (WEB, forward(listen=A), True),
        (forward(listen=A), forward(listen=B), False),
        (forward(listen=ALL4), forward(listen=SIX), False),
        (forward(8000, 11), forward(8010), True),
        (forward(8000, 11), forward(8011), False),
        (forward(8000, 11), forward(7990, 11), True),
        (forward(8000, 11), forward(7990, 10), False),
        (forward(8000, 11), forward(8003, 2), True),
        (forward(8000, 11, listen=A), forward(8003, 2, listen=B), False),
    ],
)
def test_clashes(one: Forward, other: Forward, clash: bool) -> None:  # noqa: FBT001
    assert one.clashes(other) is clash
    assert other.clashes(one) is clash


KEY = ForwardKey(protocol=None, listen=None, host_port=8080)


@pytest.mark.parametrize(
    ("key", "text", "named"),
    [
        (KEY, "8080", "web dns here six"),
        (
            ForwardKey(protocol=Protocol.TCP, listen=None, host_port=8080),
            "8080/tcp",
            "web here six",
        ),
        (ForwardKey(protocol=Protocol.UDP, listen=None, host_port=8080), "8080/udp", "dns"),
        (ForwardKey(protocol=None, listen=A, host_port=8080), "10.0.0.1:8080", "here"),
        (ForwardKey(protocol=None, listen=SIX, host_port=8080), "[fd00::1]:8080", "six"),
        (ForwardKey(protocol=None, listen=None, host_port=8080, guest_port=1), "8080:1", "here"),
        (
            ForwardKey(protocol=None, listen=None, host_port=8000, guest_port=80, ports=11),
            "8000-8010:80-90",
            "many",
        ),
        (ForwardKey(protocol=None, listen=None, host_port=8000), "8000", ""),
        (ForwardKey(protocol=None, listen=ALL4, host_port=8080), "0.0.0.0:8080", ""),
    ],
)
def test_what_a_key_names(key: ForwardKey, text: str, named: str) -> None:
    present = {
        "web": WEB,
        "dns": forward(protocol=Protocol.UDP),
        "here": Forward(host_port=8080, guest_port=1, listen=A),
        "six": forward(listen=SIX),
        "many": forward(8000, 11),
    }
    found = [name for name, each in present.items() if key.names(each)]
    assert found == named.split()
    assert str(key) == text
