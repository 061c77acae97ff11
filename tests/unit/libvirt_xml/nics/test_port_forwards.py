"""passt's `<portForward>`: ours are written and taken away, others stay."""

from __future__ import annotations

import pytest

from vnetmgr.libvirt_xml.nics.port_forwards import has_forward, with_port_forwards
from vnetmgr.model.options.forwards import build_forward

WEB = build_forward("8080:80", {})
DNS = build_forward("10.0.0.1:5353-5354:53-54/udp", {})
SIX = build_forward("[fd00::1]:8080:80", {})
HEAD = "<mac address='52:54:00:00:00:01'/>"
TAIL = "<model type='virtio'/><backend type='passt'/>"
# formatdomain.html's own example.
STRANGERS = (
    "<portForward proto='udp' address='1.2.3.4' dev='eth0'>"
    "<range start='5000' end='5020' to='6000'/>"
    "<range start='5010' end='5015' exclude='yes'/></portForward>"
    "<portForward proto='tcp'><range start='2022' to='22'/><range start='8080' to='80'/>"
    "</portForward>"
)


def nic(inside: str = "") -> str:
    """A nic of passt's."""
    return f"<interface type='user'>{HEAD}{inside}{TAIL}</interface>"


def flat(xml: str) -> str:
    """Without what only looks different."""
    return "".join(line.strip() for line in xml.splitlines()).replace('"', "'")


def test_a_forward_is_written_where_libvirt_writes_it() -> None:
    after = flat(with_port_forwards(nic(), gone=(), wanted=(WEB, DNS, SIX)))
    assert after == nic(
        "<portForward proto='tcp'><range start='8080' to='80'/></portForward>"
        "<portForward proto='udp' address='10.0.0.1'><range start='5353' end='5354' to='53'/>"
        "</portForward>"
        "<portForward proto='tcp' address='fd00::1'><range start='8080' to='80'/></portForward>"
    )
    assert all(has_forward(after, each) for each in (WEB, DNS, SIX))
    assert flat(with_port_forwards(after, gone=(), wanted=(WEB, DNS, SIX))) == after
    assert flat(with_port_forwards(after, gone=(WEB, DNS, SIX), wanted=())) == nic()


def test_what_others_wrote_stays() -> None:
    after = flat(with_port_forwards(nic(STRANGERS), gone=(WEB,), wanted=(DNS,)))
    assert "<range start='2022' to='22'/></portForward>" in after
    assert "dev='eth0'" in after
    assert "exclude='yes'" in after
    assert not has_forward(after, WEB)
    assert has_forward(after, DNS)


@pytest.mark.parametrize(
    ("inside", "has"),
    [
        ("<portForward proto='tcp'><range start='8080' to='80'/></portForward>", True),
        ("<portForward proto='tcp'><range start='8080' end='8080' to='80'/></portForward>", True),
        ("<portForward proto='tcp'><range start='8080'/></portForward>", False),
        ("<portForward proto='udp'><range start='8080' to='80'/></portForward>", False),
        ("<portForward proto='tcp' dev='eth0'><range start='8080' to='80'/></portForward>", False),
        (
            "<portForward proto='tcp' address='1.1.1.1'>"
            "<range start='8080' to='80'/></portForward>",
            False,
        ),
        ("<portForward proto='tcp'><range start='8080' exclude='yes'/></portForward>", False),
        ("<portForward proto='tcp'/>", False),
        ("<portForward proto='tcp'><range start='x' to='80'/></portForward>", False),
    ],
)
def test_which_forward_is_there(inside: str, has: bool) -> None:  # noqa: FBT001
    assert has_forward(nic(inside), WEB) is has
