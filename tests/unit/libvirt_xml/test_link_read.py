"""The host's links as libvirt describes them."""

from __future__ import annotations

import pytest

from vnetmgr.libvirt_xml.link_read import read_bridge_ports, read_link_mtu

BRIDGE = """<interface type='bridge' name='br0'><mtu size='9000'/><bridge stp='off'>
<interface type='ethernet' name='eth0'/><interface type='ethernet'/></bridge></interface>"""


def test_a_bridge() -> None:
    assert read_bridge_ports(BRIDGE) == ("eth0",)


@pytest.mark.parametrize(
    ("xml", "mtu"),
    [
        (BRIDGE, 9000),
        ("<interface type='ethernet' name='eth0'/>", None),
        ("<interface type='ethernet' name='eth0'><mtu size='many'/></interface>", None),
    ],
)
def test_an_mtu(xml: str, mtu: int | None) -> None:
    assert read_link_mtu(xml) == mtu
