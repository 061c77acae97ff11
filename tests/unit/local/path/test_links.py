"""Links as ip prints them."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.unit.local.path.recorded import recorded
from vnetmgr.local.path.links import parse_links, with_cards
from vnetmgr.model.path.links import BridgeFacts, LinkAddress, LinkFacts, PortFacts

LINKS = {link.name: link for link in parse_links(recorded("address"))}


def test_a_bridge_with_its_addresses() -> None:
    bridge = LINKS["virbr0"]
    assert (bridge.kind, bridge.up, bridge.carrier, bridge.mtu) == ("bridge", True, True, 1500)
    assert bridge.bridge == BridgeFacts(stp=True, forward_delay_s=2.0)
    assert bridge.port is None
    assert bridge.addresses == (
        LinkAddress(address=ip_address("192.168.150.1"), prefix=24),
        LinkAddress(address=ip_address("fd00:5::1"), prefix=64),
        LinkAddress(address=ip_address("fe80::5054:ff:fef5:15f5"), prefix=64, scope="link"),
    )


def test_a_tap_on_a_bridge() -> None:
    tap = LINKS["vnet0"]
    assert (tap.kind, tap.mac, tap.master) == ("tun", "fe:54:00:b0:7a:7f", "br0")
    assert tap.port == PortFacts(bridge="br0", state="forwarding")


@pytest.mark.parametrize(
    ("name", "parent", "far"), [("v0", "v1", False), ("mv0", "v1", False), ("lan0", None, True)]
)
def test_what_is_below_or_at_the_other_end(name: str, parent: str | None, far: bool) -> None:  # noqa: FBT001
    assert (LINKS[name].parent, LINKS[name].far_parent) == (parent, far)


def test_what_is_down() -> None:
    macvtap = LINKS["mv0"]
    assert (macvtap.up, macvtap.carrier, macvtap.direct_mode) == (False, False, "bridge")
    assert LINKS["v1"].alternative_names == ("longalternative",)
    assert LINKS["lo"].mac is None


def entry(name: str, **values: object) -> dict[str, object]:
    return {"ifname": name, "flags": [], "mtu": 1500, "link_type": "ether"} | values


def test_what_this_kernel_had_none_of() -> None:
    """As ip-link(8)'s sources print them."""
    data = {"protocol": "802.1Q", "id": 7, "flags": ["REORDER_HDR"]}
    vlan = entry("eth0.7", link="eth0", linkinfo={"info_kind": "vlan", "info_data": data})
    bond = entry("bond0", linkinfo={"info_kind": "bond", "info_data": {"mode": "802.3ad"}})
    slave = entry(
        "eth0",
        master="bond0",
        linkinfo={"info_slave_kind": "bond", "info_slave_data": {"state": "ACTIVE"}},
    )
    filtering = entry(
        "br5",
        linkinfo={
            "info_kind": "bridge",
            "info_data": {"vlan_filtering": 1, "vlan_default_pvid": 0, "nf_call_iptables": 1},
        },
    )
    address = {"family": "inet6", "local": "fd00::1", "prefixlen": 64, "dadfailed": True}
    clash = entry("eth1", addr_info=[{}, address | {"dynamic": True, "scope": "global"}])
    found = parse_links([vlan, bond, slave, filtering, clash, {}])
    assert [(each.vlan, each.parent) for each in found[:1]] == [(7, "eth0")]
    assert found[1].bond_mode == "802.3ad"
    assert (found[2].master, found[2].port) == ("bond0", None)
    assert found[3].bridge == BridgeFacts(
        vlan_filtering=True, default_pvid=0, nf_call_iptables=True, forward_delay_s=0.0
    )
    assert found[4].addresses == (
        LinkAddress(address=ip_address("fd00::1"), prefix=64, dynamic=True, duplicate=True),
    )


@pytest.mark.parametrize(
    "odd", [{"ifname": "x"}, entry("x", mtu=1, flags=None), entry("x", address="?")]
)
def test_what_ip_does_not_print_is_an_error_and_not_a_link(odd: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_links([odd])


def test_sysfs_tells_which_cards_are_wireless_and_what_drives_them(tmp_path: Path) -> None:
    (tmp_path / "wlan0" / "phy80211").mkdir(parents=True)
    device = tmp_path / "eth0" / "device"
    device.mkdir(parents=True)
    (device / "driver").symlink_to("../../bus/virtio/drivers/virtio_net")
    links = (LinkFacts(name="wlan0"), LinkFacts(name="eth0"), LinkFacts(name="br0", kind="bridge"))
    found = with_cards(links, tmp_path)
    assert [each.wireless for each in found] == [True, False, False]
    assert [each.driver for each in found] == [None, "virtio_net", None]
