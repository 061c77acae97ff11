"""Overlays in libvirt's documents: what is one, and what of it stands there."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import finished_network, merge_network, new_network
from vnetmgr.libvirt_xml.schema import network_problems
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.record import replace

TEMPLATE = (Path(__file__).parents[4] / "templates/network/overlay.xml").read_text()
BLUE = Network(
    name="blue",
    mode=NetworkMode.OVERLAY,
    fleet="east",
    bridge="br-int",
    virtualport="openvswitch",
)


def made(*, unfinished: bool = False) -> str:
    """The document of a new overlay."""
    subnets = (ip_network("10.0.0.0/24"),)
    patch = NetworkPatch(mode=NetworkMode.OVERLAY, subnets=subnets, mtu=1400)
    return new_network(TEMPLATE, name="blue", patch=patch, fleet="east", unfinished=unfinished)


def test_what_stands_in_the_document() -> None:
    """All that OVN has is not there."""
    document = made()
    assert network_problems(document) == []
    assert read_network(document) == BLUE
    for absent in ("<ip", "<mtu", "<dns"):
        assert absent not in document


def test_its_mark_is_kept_when_it_is_finished() -> None:
    unfinished = made(unfinished=True)
    assert unfinished.count("urn:vnetmgr:1") == 1  # libvirt keeps one element of a namespace
    assert read_network(unfinished) == replace(BLUE, unfinished=True)
    assert read_network(finished_network(unfinished)) == BLUE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (' overlay="east"', ""),
        (' overlay="east"', ' overlay=""'),
        ("urn:vnetmgr:1", "urn:another:1"),
        ("openvswitch", "midonet"),
        ('<virtualport type="openvswitch"/>', ""),
    ],
)
def test_without_its_mark_or_shape_it_is_a_bridge(old: str, new: str) -> None:
    document = made().replace("'", '"')
    assert old in document
    found = read_network(document.replace(old, new))
    assert (found.mode, found.fleet) == (NetworkMode.BRIDGE, None)


def test_another_mode_is_no_overlay_however_it_is_marked() -> None:
    document = made().replace("'", '"').replace(' mode="bridge"', ' mode="route"')
    assert read_network(document).mode is NetworkMode.ROUTED
    merged = merge_network(made(), NetworkPatch(mode=NetworkMode.ISOLATED))
    assert "east" not in merged
    assert "virtualport" not in merged


def test_fields_that_ovn_has_are_not_written() -> None:
    document = made()
    patch = NetworkPatch(mtu=1300, dns_domain="x.test", external="lan", port_security=False)
    assert merge_network(document, patch) == document
    assert 'name="br-two"' in merge_network(document, NetworkPatch(bridge="br-two")).replace(
        "'", '"'
    )
