"""What is read of a spec: values, wants, and where they stand."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from tests.unit.spec.texts import load, network, nic, only_network, only_nic
from vnetmgr.model.dhcp import DhcpRange, Reservation
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode, Portgroup
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.values import Bandwidth, Burst, Mac, PciAddress, Rate

BR0 = Source(Mode.BRIDGE, "br0")
DEFAULT = Source(Mode.NETWORK, "default")
USER = Source(Mode.USER)
DUID = "00:03:00:01:52:54:00:00:00:01"


@pytest.mark.parametrize(
    ("options", "patch"),
    [
        ("{bridge: br0}", NicPatch(source=BR0)),
        ("{user: {}}", NicPatch(source=USER)),
        ("{user: true}", NicPatch(source=USER)),
        ('{user: "yes"}', NicPatch(source=USER)),
        ("{user: }", NicPatch(source=USER)),
        ("{nat: on}", NicPatch(source=DEFAULT)),
        ("{nat: no, bridge: br0}", NicPatch(source=BR0)),
        (
            "{direct: eth1, direct_mode: vepa}",
            NicPatch(source=Source(Mode.DIRECT, "eth1"), direct_mode="vepa"),
        ),
        ("{hostdev: 03:10.1}", NicPatch(source=Source(Mode.HOSTDEV, "0000:03:10.1"))),
        (
            "{bridge: br0, mac: 52:54:00:12:34:22}",
            NicPatch(source=BR0, mac=Mac("52:54:00:12:34:22")),
        ),
        ("{bridge: br0, mac: 525400123422}", NicPatch(source=BR0, mac=Mac("52:54:00:12:34:22"))),
        ("{bridge: br0, mtu: 9000, vlan: 10}", NicPatch(source=BR0, mtu=9000, vlan=(10,))),
        (
            '{bridge: br0, mtu: "9000", vlan: "10,20"}',
            NicPatch(source=BR0, mtu=9000, vlan=(10, 20)),
        ),
        ("{bridge: br0, vlan: [10, 20]}", NicPatch(source=BR0, vlan=(10, 20))),
        (
            "{bridge: br0, mtu: none, vlan: None, filter: NONE}",
            NicPatch(source=BR0, mtu=None, vlan=None, filter=None),
        ),
        (
            "{bridge: br0, vlan: [], filter_param: {}}",
            NicPatch(source=BR0, vlan=None, filter_param=None),
        ),
        (
            "{bridge: br0, filter_param: {IP: 10.0.0.1, PORT: 80}}",
            NicPatch(source=BR0, filter_param=(("IP", "10.0.0.1"), ("PORT", "80"))),
        ),
        (
            "{bridge: br0, filter_param: [IP=10.0.0.1, IP=10.0.0.2]}",
            NicPatch(source=BR0, filter_param=(("IP", "10.0.0.1"), ("IP", "10.0.0.2"))),
        ),
        (
            "{bridge: br0, filter_param: IP=10.0.0.1}",
            NicPatch(source=BR0, filter_param=(("IP", "10.0.0.1"),)),
        ),
        (
            "{bridge: br0, extra: {rom.file: a b}}",
            NicPatch(source=BR0, extra=(("rom.file", "a b"),)),
        ),
        (
            "{bridge: br0, link: down, isolated_port: false, inbound: 10mbit}",
            NicPatch(source=BR0, link="down", isolated_port=False, inbound=Bandwidth(Rate(1250))),
        ),
        (
            "{bridge: br0, inbound: {average: 10mbit, peak: 20mbit, burst: 1MB, floor: none},"
            " outbound: '8kbit,burst=2KiB'}",
            NicPatch(
                source=BR0,
                inbound=Bandwidth(Rate(1250), peak=Rate(2500), burst=Burst(1024)),
                outbound=Bandwidth(Rate(1), burst=Burst(2)),
            ),
        ),
        (
            "{network: lab, inbound: {floor: 8kbit}}",
            NicPatch(source=Source(Mode.NETWORK, "lab"), inbound=Bandwidth(floor=Rate(1))),
        ),
        (
            "{bridge: br0, pci_address: 05:00.0}",
            NicPatch(source=BR0, pci_address=PciAddress(0, 5, 0, 0)),
        ),
        ("{bridge: 007}", NicPatch(source=Source(Mode.BRIDGE, "007"))),
        ("{bridge: !!str br0}", NicPatch(source=BR0)),
        ("&shared {bridge: br0}", NicPatch(source=BR0)),
    ],
)
def test_nics(options: str, patch: NicPatch, tmp_path: Path) -> None:
    want = only_nic(load(tmp_path, nic(options)))
    assert want.patch == patch
    assert (want.domain, want.spec_name, want.nic, want.intent) == (
        "vm1",
        "lan",
        None,
        Intent.PRESENT,
    )
    assert str(want.origin) == f"{tmp_path}/spec.yaml:5:7"


LAB = ip_network("10.1.0.0/24")
NAS = Reservation(address=ip_address("10.1.0.9"), mac=Mac("52:54:00:00:00:0a"), hostname="nas")


@pytest.mark.parametrize(
    ("options", "patch"),
    [
        ("{}", NetworkPatch()),
        ("{mode: nat, subnet: 10.1.0.0/24}", NetworkPatch(mode=NetworkMode.NAT, subnets=(LAB,))),
        ("{subnets: 10.1.0.0/24}", NetworkPatch(subnets=(LAB,))),
        (
            "{subnets: [10.1.0.0/24, 'fd00:1::/64']}",
            NetworkPatch(subnets=(LAB, ip_network("fd00:1::/64"))),
        ),
        ("{gateway: 10.1.0.9}", NetworkPatch(gateways=(ip_address("10.1.0.9"),))),
        ("{dhcp: none}", NetworkPatch(dhcp_ranges=None)),
        ("{dhcp_ranges: none}", NetworkPatch(dhcp_ranges=None)),
        ("{dhcp_ranges: []}", NetworkPatch(dhcp_ranges=None)),
        (
            "{dhcp_range: 10.1.0.5-10.1.0.9}",
            NetworkPatch(
                dhcp_ranges=(DhcpRange(start=ip_address("10.1.0.5"), end=ip_address("10.1.0.9")),)
            ),
        ),
        ("{dhcp_option: '42,10.1.0.1'}", NetworkPatch(dhcp_options=("42,10.1.0.1",))),
        (
            "{mtu: none, dns_domain: none, lease_time: 1h}",
            NetworkPatch(mtu=None, dns_domain=None, lease_time=3600),
        ),
        ("{isolated_ports: yes, nat_ipv6: no}", NetworkPatch(isolated_ports=True, nat_ipv6=False)),
        ("{portgroups: none}", NetworkPatch(portgroups=None)),
        ("{portgroups: {}}", NetworkPatch(portgroups=())),
        (
            "{portgroups: {a: , b: {default: yes}}}",
            NetworkPatch(portgroups=(Portgroup(name="a"), Portgroup(name="b", default=True))),
        ),
        (
            "{portgroups: {'a,b': {vlan: [5, 6], inbound: 8kbit, outbound: none}}}",
            NetworkPatch(
                portgroups=(Portgroup(name="a,b", vlan=(5, 6), inbound=Bandwidth(Rate(1))),)
            ),
        ),
        (
            "{portgroups: {a: {inbound: {average: 8kbit, peak: 16kbit},"
            " outbound: '8kbit,peak=8kbit'}}}",
            NetworkPatch(
                portgroups=(
                    Portgroup(
                        name="a",
                        inbound=Bandwidth(Rate(1), peak=Rate(2)),
                        outbound=Bandwidth(Rate(1), peak=Rate(1)),
                    ),
                )
            ),
        ),
        (
            "{inbound: {average: 8kbit, burst: 2KiB}, outbound: none}",
            NetworkPatch(inbound=Bandwidth(Rate(1), burst=Burst(2)), outbound=None),
        ),
        ("{addresses: none}", NetworkPatch(reservations=None)),
        ("{addresses: {}}", NetworkPatch(reservations=())),
        (
            "{addresses: {52:54:00:00:00:0A: {address: 10.1.0.9, hostname: nas}}}",
            NetworkPatch(reservations=(NAS,)),
        ),
        (
            "{addresses: {name:nas: 10.1.0.9}}",
            NetworkPatch(
                reservations=(Reservation(address=ip_address("10.1.0.9"), hostname="nas"),)
            ),
        ),
        (
            f"{{addresses: {{'{DUID}': fd00::5}}}}",
            NetworkPatch(reservations=(Reservation(address=ip_address("fd00::5"), duid=DUID),)),
        ),
        (
            "{addresses: {'00:03:5': fd00::5}}",
            NetworkPatch(
                reservations=(Reservation(address=ip_address("fd00::5"), duid="00:03:05"),)
            ),
        ),
        ("{records: none}", NetworkPatch(records=None)),
        ("{records: []}", NetworkPatch(records=())),
    ],
)
def test_networks(options: str, patch: NetworkPatch, tmp_path: Path) -> None:
    want = only_network(load(tmp_path, network(options)))
    assert want.patch == patch
    assert (want.name, want.intent, want.running) == ("lab", Intent.PRESENT, True)
    assert (want.autostart, want.guests, want.adds, want.owned) == (None, True, False, False)
    assert str(want.origin) == f"{tmp_path}/spec.yaml:3:3"


@pytest.mark.parametrize(("text", "autostart"), [("yes", True), ("off", False)])
def test_autostart(text: str, autostart: bool, tmp_path: Path) -> None:  # noqa: FBT001
    want = only_network(load(tmp_path, network(f"{{autostart: {text}}}")))
    assert want.autostart is autostart


@pytest.mark.parametrize(("source", "name"), [("network: lab", "lab"), ("nat: true", "default")])
def test_an_address_is_a_want_of_its_own(source: str, name: str, tmp_path: Path) -> None:
    text = nic(f"{{{source}, address: 10.1.0.5}}")
    (want,) = load(tmp_path, text).addresses
    assert (want.network, want.domain, want.nic) == (name, "vm1", "lan")
    assert (want.intent, want.mac, want.address) == (Intent.PRESENT, None, ip_address("10.1.0.5"))
    column = text.splitlines()[-1].index("10.1.0.5") + 1
    assert str(want.origin) == f"{tmp_path}/spec.yaml:5:{column}"


def test_nat_needs_the_default_network(tmp_path: Path) -> None:
    want = only_network(load(tmp_path, nic("{nat: true}")))
    assert (want.name, want.patch) == ("default", NetworkPatch(mode=NetworkMode.NAT))
    for options in ("{network: default}", "{nat: no, network: default}", "{nat: no, user: {}}"):
        assert load(tmp_path, nic(options)).networks == ()


def test_aliases_share_what_they_name(tmp_path: Path) -> None:
    text = "version: 1\ndomains:\n  a: {nics: &n {lan: {bridge: br0}}}\n  b: {nics: *n}\n"
    spec = load(tmp_path, text)
    assert [nic.patch.source for domain in spec.domains for nic in domain.nics] == [BR0, BR0]


def test_prune(tmp_path: Path) -> None:
    spec = load(tmp_path, "version: 1\nprune: true\ndomains: {a: {prune: yes}, b: {}}\n")
    assert spec.prune
    assert [domain.prune for domain in spec.domains] == [True, False]
