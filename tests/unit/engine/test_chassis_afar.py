"""What is known of another host's part in OVN."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ovn import Database
from vnetmgr.engine.chassis import with_chassis_afar
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed

KVM1 = Observed(uri="qemu+tcp://kvm1/system", host="kvm1")


@pytest.fixture
def southbound(tmp_path: Path, northbound: Database) -> Iterator[OvnSettings]:
    """Beside the socket of a northbound database, that of a southbound one with some hosts."""
    (tmp_path / "ovnnb_db.sock").symlink_to(northbound.remote.removeprefix("unix:"))
    with Database("OVN_Southbound") as database:
        (tmp_path / "ovnsb_db.sock").symlink_to(database.remote.removeprefix("unix:"))
        for name, host, path in (
            ("a", "kvm1", "netdev"),
            ("b", "kvm2", "system"),
            ("c", "two", ""),
        ):
            database.ctl(
                f"chassis-add {name} geneve 10.0.0.{ord(name)} -- set chassis {name} "
                f"hostname={host} other_config:datapath-type={path or 'system'}"
            )
        yield OvnSettings(northbound=f"unix:{tmp_path}/ovnnb_db.sock")


@pytest.fixture(autouse=True)
def nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No database of this machine's own."""
    monkeypatch.delenv("OVN_SB_DB", raising=False)
    monkeypatch.setenv("OVN_RUNDIR", str(tmp_path / "nowhere"))


def test_the_southbound_database_beside_tells(southbound: OvnSettings) -> None:
    found = with_chassis_afar(KVM1, southbound).chassis
    assert found is not None
    assert (found.system_id, found.userspace, found.encap_ip) == ("a", True, "10.0.0.97")


def test_so_does_the_one_that_ovns_programs_take(
    southbound: OvnSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = (southbound.northbound or "").replace("ovnnb", "ovnsb")
    monkeypatch.setenv("OVN_SB_DB", path)
    found = with_chassis_afar(KVM1, OvnSettings(northbound="tcp:10.0.0.1:6641")).chassis
    assert found is not None
    assert found.system_id == "a"


@pytest.mark.parametrize(
    ("name", "found"), [("kvm9", Chassis()), ("kvm1.lab", None), ("c", None), ("two.lab", None)]
)
def test_a_host_that_it_does_not_have_has_not_joined(
    southbound: OvnSettings, name: str, found: Chassis | None
) -> None:
    """One that is called alike may be it."""
    assert with_chassis_afar(replace(KVM1, host=name), southbound).chassis == found


@pytest.mark.parametrize(
    "at", [None, "tcp:10.0.0.1:6641", "unix:/nonexistent/ovnnb_db.sock", "unix:/run/other"]
)
def test_elsewhere_nothing_is_asked(at: str | None) -> None:
    assert with_chassis_afar(KVM1, OvnSettings(northbound=at)) is KVM1
