"""Overlays as export writes them, of one host and of several."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml
from tests.unit.spec.exporting import MAC1, MAC2, host
from tests.unit.spec.test_export_hosts import exported, merged, read
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.network import Network, NetworkMode, SeenNetwork
from vnetmgr.model.overlay.northbound import Northbound, Overlay
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac
from vnetmgr.spec.export import export_spec
from vnetmgr.spec.files import load_spec

BLUE = Network(
    name="blue",
    mode=NetworkMode.OVERLAY,
    bridge="br-int",
    virtualport="openvswitch",
    fleet="default",
    subnets=(ip_network("10.66.0.0/24"),),
    gateways=(ip_address("10.66.0.1"),),
)


def seen(network: Network) -> SeenNetwork:
    return SeenNetwork(
        key=network.name, autostart=True, config=network, live=network, config_xml="<network/>"
    )


def of_ovn(*networks: Network, revision: int | None = None) -> Northbound:
    overlays = tuple(
        Overlay(network=each, fleet=each.fleet, revision=revision) for each in networks
    )
    return Northbound(at="unix:/nb", overlays=overlays)


def exported_of(*networks: Network, northbound: Northbound | None) -> str:
    there = host(networks=tuple(map(seen, networks)))
    return export_spec(replace(there, northbound=northbound)).text


@pytest.mark.parametrize(
    ("fleet", "revision", "line"),
    [
        ("default", None, None),
        ("default", 42, "ovn: {revision: 42}"),
        ("prod", None, "ovn: {fleet: prod}"),
        ("prod", 0, "ovn: {fleet: prod, revision: 0}"),
        ("1e3", None, 'ovn: {fleet: "1e3"}'),
    ],
)
def test_whose_they_are_and_of_which_revision(
    tmp_path: Path, fleet: str, revision: int | None, line: str | None
) -> None:
    blue = replace(BLUE, fleet=fleet)
    text = exported_of(blue, northbound=of_ovn(blue, revision=revision))
    assert [each for each in text.split("\n") if each.startswith("ovn")] == ([line] if line else [])
    (tmp_path / "spec.yaml").write_text(text)
    spec = load_spec([str(tmp_path / "spec.yaml")])
    assert [want.name for want in spec.networks] == ["blue"]
    said = (None, None) if spec.ovn is None else (spec.ovn.fleet, spec.ovn.revision)
    assert said == (None if fleet == "default" else fleet, revision)


def test_a_spec_is_of_one_fleet() -> None:
    others = [replace(BLUE, name=name, fleet="prod") for name in ("green", "red")]
    text = exported_of(BLUE, *others, northbound=of_ovn(BLUE, *others))
    assert "ovn: {fleet: prod}\n" in text
    assert "  # blue: it is of fleet default, and this spec of prod\n" in text


@pytest.mark.parametrize(
    ("northbound", "said"),
    [
        (None, "what OVN has of it was not seen"),
        (Northbound(at="unix:/nb"), "OVN has no switch of it, in unix:/nb"),
        (of_ovn(replace(BLUE, fleet="other")), "OVN has no switch of it, in unix:/nb"),
    ],
)
def test_what_was_not_seen_is_said(northbound: Northbound | None, said: str) -> None:
    assert f"    # {said}\n" in exported_of(BLUE, northbound=northbound)


def one_host(guest: str, mac: str, *, ovn: str = "", fleet: str = "default") -> str:
    """A host with one of two guests, whose addresses the overlay keeps."""
    kept = ((MAC1, "10.66.0.10"), (MAC2, "10.66.0.11"), ("52:54:00:00:00:99", "10.66.0.99"))
    blue = replace(
        BLUE,
        fleet=fleet,
        reservations=tuple(Reservation(address=ip_address(each), mac=Mac(of)) for of, each in kept),
    )
    xml = domain_xml(nic_xml(mac=mac, kind="network", source="<source network='blue'/>"))
    there = host(replace(domain(xml), name=guest), networks=(seen(blue),))
    return export_spec(replace(there, northbound=of_ovn(blue, revision=int(ovn or 1)))).text


def test_several_hosts_have_it_once_with_each_guests_address() -> None:
    found = merged(kvm1=one_host("web1", MAC1, ovn="3"), kvm2=one_host("web2", MAC2, ovn="4"))
    assert found.refused == ()
    spec = read(found)
    (blue,) = spec.networks
    assert blue.hosts is None
    assert [str(each.address) for each in blue.patch.reservations or ()] == ["10.66.0.99"]  # type: ignore[union-attr]  # it is given
    assert {(want.domain, str(want.address)) for want in spec.addresses} == {
        ("web1", "10.66.0.10"),
        ("web2", "10.66.0.11"),
    }
    assert spec.ovn is not None
    assert spec.ovn.revision == 4


def test_hosts_of_two_fleets() -> None:
    found = merged(
        kvm1=one_host("web1", MAC1),
        kvm2=one_host("web2", MAC2, fleet="prod"),
        kvm3=exported(),
    )
    assert found.refused == ("network blue on kvm2: it is of fleet prod, and this spec of default",)
