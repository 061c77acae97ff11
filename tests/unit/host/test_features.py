"""What follows from versions and drivers."""

from __future__ import annotations

import pytest

from vnetmgr.host.features import decide


@pytest.mark.parametrize(
    ("client", "daemon", "able"),
    [
        (11_000_000, 11_000_000, True),
        (9_000_000, 11_003_000, False),
        (12_000_000, 9_000_000, False),
    ],
)
def test_both_ends_have_to_know_vlans(client: int, daemon: int, able: bool) -> None:  # noqa: FBT001
    assert decide(client=client, daemon=daemon, driver="QEMU").vlan_on_linux_bridge is able


def test_qemu_has_everything_else() -> None:
    features = decide(client=9_000_000, daemon=9_000_000, driver="QEMU")
    assert features.device_calls
    assert features.host_links
    assert features.network_config
    assert features.overrides


def test_what_newer_ones_have_of_networks() -> None:
    old = decide(client=9_000_000, daemon=9_000_000, driver="QEMU")
    new = decide(client=11_003_000, daemon=11_003_000, driver="QEMU")
    for name in ("zone_of_open_networks", "network_titles", "hostdev_driver_models"):
        assert not getattr(old, name)
        assert getattr(new, name)


@pytest.mark.parametrize("version", [9_000_000, 11_003_000])
def test_the_test_driver_has_no_device_calls_for_a_config(version: int) -> None:
    assert not decide(client=version, daemon=version, driver="TEST").device_calls


def test_overrides_are_qemus_and_came_with_8_2() -> None:
    assert not decide(client=9_000_000, daemon=8_001_000, driver="QEMU").overrides
    assert decide(client=9_000_000, daemon=8_002_000, driver="QEMU").overrides
    assert not decide(client=9_000_000, daemon=9_000_000, driver="TEST").overrides


@pytest.mark.parametrize(("version", "able"), [(10_000_000, False), (10_001_000, True)])
def test_the_hosts_resolver_is_told_of_networks_since_10_1(version: int, able: bool) -> None:  # noqa: FBT001
    assert decide(client=version, daemon=version, driver="QEMU").register_names is able
