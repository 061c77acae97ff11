"""What bridges do with VLANs, by a recorded sysfs and `bridge -j vlan`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.local import bridge_vlans
from vnetmgr.local.bridge_vlans import with_bridge_vlans
from vnetmgr.model.seen.observed import BridgeVlans, Links

if TYPE_CHECKING:
    from pathlib import Path

LINKS = Links(
    bridges=frozenset({"br0", "br1", "br2"}),
    ports={"eth0": "br0", "vnet0": "br0", "eth1": "br0", "eth2": "br1"},
)
# iproute2 6.1: ranges have an end, and a link without VLANs is left out or has none.
TOLD = [
    {
        "ifname": "eth0",
        "vlans": [
            {"vlan": 1, "flags": ["PVID", "Egress Untagged"]},
            {"vlan": 10, "vlanEnd": 20},
        ],
    },
    {"ifname": "vnet0", "vlans": [{"vlan": 5, "flags": ["PVID"]}]},
    {"ifname": "br0", "vlans": [{"vlan": 1}]},
    {"ifname": "eth1", "vlans": []},
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """br0 filters, br1 does not, and the kernel does not say of br2."""
    for bridge, filtering in (("br0", "1\n"), ("br1", "0\n"), ("br2", None)):
        (tmp_path / bridge / "bridge").mkdir(parents=True)
        if filtering is not None:
            (tmp_path / bridge / "bridge" / "vlan_filtering").write_text(filtering)
    (tmp_path / "vnet0").mkdir()
    (tmp_path / "vnet0" / "tun_flags").write_text("0x1002\n")
    return tmp_path


def test_bridges_that_filter(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_vlans, "objects", lambda _: json.loads(json.dumps(TOLD)))
    assert with_bridge_vlans(LINKS, root).bridge_vlans == {
        "br0": BridgeVlans(filters=True, uplinks={"eth0": ((1, 1), (10, 20)), "eth1": ()}),
        "br1": BridgeVlans(filters=False, uplinks={"eth2": ()}),
    }


@pytest.mark.parametrize("answer", [VnetError("the program bridge is not there"), [{"x": 1}]])
def test_what_is_not_told(answer: object, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(_: object) -> object:
        if isinstance(answer, VnetError):
            raise answer
        return [{"vlans": [{"vlan": 1}]}]

    monkeypatch.setattr(bridge_vlans, "objects", told)
    found = with_bridge_vlans(LINKS, root).bridge_vlans
    assert found["br0"] == BridgeVlans(filters=True)


def test_no_program_is_asked_where_none_filters(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "br0" / "bridge" / "vlan_filtering").write_text("0\n")
    monkeypatch.setattr(bridge_vlans, "objects", lambda _: pytest.fail("it was asked"))
    found = with_bridge_vlans(LINKS, root).bridge_vlans
    assert not any(each.filters for each in found.values())
