"""Who manages this machine's links, and how a bridge is made that is there after the next boot."""

from __future__ import annotations

from pathlib import Path

import pytest

from vnetmgr.local.link_setup import read_link_setup
from vnetmgr.model.seen.link_setup import LinkManager, LinkSetup, making_bridge
from vnetmgr.model.seen.observed import Links

ROUTES = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "{link}\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
)


def setup_of(tmp_path: Path, *, link: str = "eth0", **files: str) -> LinkSetup:
    proc = tmp_path / "proc"
    (proc / "net").mkdir(parents=True)
    (proc / "net/route").write_text(ROUTES.format(link=link))
    for name, text in files.items():
        file = tmp_path / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    links = Links(bridges=frozenset({"br0"}), ports={"eth1": "br0"})
    return read_link_setup(links, tmp_path, proc)


NETWORKD = {"run__systemd__netif__state": "x"}
MANAGER = {"run__NetworkManager__x": ""}


@pytest.mark.parametrize(
    ("files", "manager"),
    [
        ({}, None),
        ({"etc__network__interfaces": "# nothing\n"}, None),
        ({"etc__network__interfaces": "auto lo\niface lo inet loopback\n"}, LinkManager.IFUPDOWN),
        (NETWORKD, LinkManager.NETWORKD),
        (MANAGER | NETWORKD, LinkManager.NETWORK_MANAGER),
        ({"etc__netplan__01-x.yaml": ""} | MANAGER | NETWORKD, LinkManager.NETPLAN),
    ],
)
def test_who_manages(files: dict[str, str], manager: LinkManager | None, tmp_path: Path) -> None:
    assert setup_of(tmp_path, **files) == LinkSetup(manager=manager, uplink="eth0")


@pytest.mark.parametrize("link", ["br0", "eth1"])
def test_what_is_in_a_bridge_is_no_uplink_for_another(link: str, tmp_path: Path) -> None:
    assert setup_of(tmp_path, link=link).uplink is None


@pytest.mark.parametrize(
    ("manager", "parts"),
    [
        (LinkManager.NETPLAN, ["{interfaces: [ens3], dhcp4: true}", "netplan try"]),
        (LinkManager.NETWORK_MANAGER, ["type bridge ifname br7", "ifname ens3", "master br7"]),
        (LinkManager.NETWORKD, ["Kind=bridge", "Name=ens3", "networkctl reload"]),
        (LinkManager.IFUPDOWN, ["auto br7", "bridge_ports ens3", "ifup br7"]),
        (None, ["Until the next boot", "ip link set ens3 master br7"]),
    ],
)
def test_its_lines(manager: LinkManager | None, parts: list[str]) -> None:
    told = making_bridge("br7", LinkSetup(manager=manager, uplink="ens3"))
    for part in (*parts, "addresses move from ens3 to br7"):
        assert part in told


def test_of_a_host_that_cannot_be_seen() -> None:
    assert "NetworkManager" in making_bridge("br7", None)
