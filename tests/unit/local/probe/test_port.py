"""Where a probe cannot stand, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.local.probe.port import check_place, port_name
from vnetmgr.model.path.probe import ProbePlace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "br0/bridge").mkdir(parents=True)
    (tmp_path / "ovsbr0").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (ProbePlace(bridge="br9"), "there is no link br9"),
        (ProbePlace(bridge="ovsbr0"), "ovsbr0 is not a Linux bridge: Open vSwitch would keep"),
        (ProbePlace(bridge="br0", vlan=0), "the guest's port on br0 has tagged frames alone"),
    ],
)
def test_it_is_refused_by_name(place: ProbePlace, reason: str, root: Path) -> None:
    with pytest.raises(VnetError) as refused:
        check_place(place, root)
    assert refused.value.message.startswith(reason)


def test_other_places_will_do(root: Path) -> None:
    check_place(ProbePlace(bridge="br0", vlan=7, isolated=True), root)


def test_a_bridge_that_is_gone_has_no_port() -> None:
    with pytest.raises(VnetError, match="there is no link nothing"):
        port_name("nothing")
