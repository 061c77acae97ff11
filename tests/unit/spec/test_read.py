"""Specs: what is read of them, and every problem with its place."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

from tests.unit.libvirt_xml.samples import TEMPLATES
from vnetmgr.errors import SpecError, UsageError
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.dns import DnsRecord, RecordKind
from vnetmgr.model.network import NetworkMode, Portgroup
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.patch import UNSET
from vnetmgr.model.values import Bandwidth, Mac, Rate
from vnetmgr.spec.files import load_spec
from vnetmgr.spec.wants import to_desired

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vnetmgr.model.spec import Spec

HEAD = "version: 1\n"


def load(directory: Path, *texts: str) -> Spec:
    """Read files a.yaml, b.yaml, ... with these texts; `version` is put before each."""
    for name, text in zip("abcdef", texts, strict=False):
        (directory / f"{name}.yaml").write_text(text if "version" in text else HEAD + text)
    return load_spec([str(directory)])


def problems(directory: Path, *texts: str) -> list[str]:
    """What is wrong with these files, without their directory."""
    with pytest.raises(SpecError) as caught:
        load(directory, *texts)
    return [str(each).replace(f"{directory}/", "") for each in caught.value.problems]


EXAMPLE = """
networks:
  lab:
    mode: nat
    subnet: 192.168.150.0/24
    dhcp_ranges: [192.168.150.50-192.168.150.99]
    dns_domain: lab.internal
    mtu: none
    portgroups: {guests: {inbound: 100mbit, default: true}, other: }
    addresses:
      52:54:00:12:34:99: 192.168.150.20
      52:54:00:12:34:98: {address: 192.168.150.21, hostname: nas}
      name:printer: 192.168.150.22
    records: [{host: nas, address: 192.168.150.5}, {txt: t, value: v}]
    autostart: no
domains:
  web1:
    prune: true
    nics:
      lan: {bridge: br0, mtu: 9000, vlan: [10, 20]}
      mgmt: {network: lab, address: 192.168.150.10}
  legacy:
    nics:
      net0: {user: {}, model: e1000, mac: 52:54:00:12:34:22}
      net1: {hostdev: 0000:03:10.1, filter_param: {IP: 10.0.0.1}, filter: none}
"""


def test_the_example(tmp_path: Path) -> None:
    spec = load(tmp_path, EXAMPLE)
    (network,) = spec.networks
    patch = network.patch
    assert (patch.mode, patch.mtu, network.autostart) == (NetworkMode.NAT, None, False)
    assert patch.subnets == (ip_network("192.168.150.0/24"),)
    assert patch.gateways is UNSET
    assert patch.portgroups == (
        Portgroup(name="guests", default=True, inbound=Bandwidth(Rate(12500))),
        Portgroup(name="other"),
    )
    assert patch.reservations == (
        Reservation(address=ip_address("192.168.150.20"), mac=Mac("52:54:00:12:34:99")),
        Reservation(
            address=ip_address("192.168.150.21"), mac=Mac("52:54:00:12:34:98"), hostname="nas"
        ),
        Reservation(address=ip_address("192.168.150.22"), hostname="printer"),
    )
    assert patch.records == (
        DnsRecord(kind=RecordKind.HOST, name="nas", address=ip_address("192.168.150.5")),
        DnsRecord(kind=RecordKind.TXT, name="t", value="v"),
    )
    web, legacy = spec.domains
    assert (web.name, web.prune, legacy.prune) == ("web1", True, False)
    lan, mgmt = web.nics
    assert (lan.spec_name, lan.patch.mtu, lan.patch.vlan) == ("lan", 9000, (10, 20))
    assert lan.patch.name is UNSET
    assert lan.patch.link is UNSET
    assert str(lan.origin) == f"{tmp_path}/a.yaml:21:7"
    assert mgmt.patch.source == Source(Mode.NETWORK, "lab")
    (address,) = spec.addresses
    assert (address.domain, address.nic, str(address.address)) == ("web1", "mgmt", "192.168.150.10")
    net0, net1 = legacy.nics
    assert net0.patch.mac == "52:54:00:12:34:22"
    assert net1.patch.source == Source(Mode.HOSTDEV, "0000:03:10.1")
    assert (net1.patch.filter, net1.patch.filter_param) == (None, (("IP", "10.0.0.1"),))


def test_what_it_means_for_a_host(tmp_path: Path) -> None:
    desired = to_desired(load(tmp_path, EXAMPLE), strict=True)
    assert desired.spec is not None
    assert [name for name, _ in desired.spec.domains] == ["web1", "legacy"]
    assert (desired.spec.strict, desired.spec.prune_all) == (True, False)
    assert desired.spec.prune_domains == {"web1"}
    assert [(want.owned, want.autostart) for want in desired.networks] == [(True, False)]
    assert to_desired(load(tmp_path, EXAMPLE), prune=True).spec.prune_all  # type: ignore[union-attr]


def test_nat_brings_its_network_along(tmp_path: Path) -> None:
    spec = load(tmp_path, "domains: {vm: {nics: {lan: {nat: true}}}}")
    assert [want.name for want in spec.networks] == ["default"]
    given = "networks: {default: {mtu: 1400}}\ndomains: {vm: {nics: {lan: {nat: }}}}"
    (network,) = load(tmp_path, given).networks
    assert network.patch.mtu == 1400


NIC = "domains:\n  vm:\n    nics:\n      lan: {%s}\n"
NETWORK = "networks:\n  lab: {%s}\n"

# (text, problems)
WRONG: Mapping[str, tuple[str, list[str]]] = {
    "no YAML": ("version: 1\na: [", ["a.yaml:3:1: this is no YAML: "]),
    "empty": ("# version", ["a.yaml:1:1: the file is empty"]),
    "no map": ("- version", ["a.yaml:1:1: the spec has to be a map"]),
    "no version": ("# version\ndomains: {}", ["a.yaml:2:1: version is missing"]),
    "another version": ("version: 2", ["a.yaml:1:10: version 2 is not known"]),
    "unknown key": ("network: {}", ["a.yaml:2:1: network is no key of a spec. Did you mean"]),
    "twice": ("prune: yes\nprune: no", ["a.yaml:3:1: prune stands twice in the spec; first at"]),
    "a tag": (NIC % "bridge: !!binary br0", ["a.yaml:5:21: bridge: specs have no tags"]),
    "unknown nic key": (
        NIC % "bridge: br0, mtuu: 9000",
        ["a.yaml:5:26: mtuu is no key of a nic. Did you mean mtu?"],
    ),
    "name is no key": (NIC % "bridge: br0, name: x", ["a.yaml:5:26: name is no key of a nic"]),
    "no source": (NIC % "mtu: 9000", ["a.yaml:5:7: nic lan needs a source: one of bridge"]),
    "two sources": (
        NIC % "bridge: br0, network: lab",
        ["a.yaml:5:35: nic lan has one source, not bridge and network"],
    ),
    "bad values": (
        NIC % "bridge: br0, mtu: 9, mac: 52:54, vlan: [1, x]",
        [
            "a.yaml:5:31: mtu: MTU '9'",
            "a.yaml:5:39: mac: MAC '52:54'",
            "a.yaml:5:56: vlan: VLAN 'x'",
        ],
    ),
    "no value": (NIC % "bridge: br0, mtu: ", ["a.yaml:5:"]),
    "a list of one value": (NIC % "bridge: [br0]", ["a.yaml:5:21: bridge has to be one value"]),
    "bad name": ("domains: {vm: {nics: {a b: {user: }}}}", ["a.yaml:2:23: name 'a b'"]),
    "address without network": (
        NIC % "bridge: br0, address: 10.0.0.1",
        ["a.yaml:5:35: address: nic lan is on no network"],
    ),
    "no address": (NIC % "network: lab, address: x", ["a.yaml:5:36: address: 'x' is no IP"]),
    "forwards": (
        "domains: {vm: {forwards: some}}",
        ["a.yaml:2:26: forwards has to be a list, or none, not some"],
    ),
    "one MAC twice": (
        "domains:\n  a: {nics: {x: {user: , mac: 52:54:00:00:00:01}}}\n"
        "  b: {nics: {y: {user: , mac: 52:54:00:00:00:01}}}",
        ["a.yaml:4:31: MAC 52:54:00:00:00:01 of b/y is that of a/x ("],
    ),
    "one address twice": (
        "domains:\n  a: {nics: {x: {network: n, address: 10.0.0.1}}}\n"
        "  b: {nics: {y: {network: n, address: 10.0.0.1}}}",
        ["a.yaml:4:39: 10.0.0.1 is reserved twice: for a/x and for b/y; the first is at a.yaml:3"],
    ),
    "address outside": (
        NETWORK % "subnet: 10.1.0.0/24" + NIC % "network: lab, address: 10.2.0.1",
        ["a.yaml:7:36: the reserved address 10.2.0.1 (vm/lan) is in none of the subnets"],
    ),
    "portgroup that is not there": (
        NETWORK % "portgroups: {a: }" + NIC % "network: lab, portgroup: b",
        ["a.yaml:7:38: network lab has no portgroup b"],
    ),
    "subnets that overlap": (
        "networks:\n  a: {subnet: 10.0.0.0/8}\n  b: {subnet: 10.1.0.0/16}",
        ["a.yaml:4:15: subnet 10.1.0.0/16 of network b overlaps 10.0.0.0/8 of network a ("],
    ),
    "one bridge twice": (
        "networks:\n  a: {bridge: virbr9}\n  b: {bridge: virbr9}",
        ["a.yaml:4:15: bridge virbr9 of network b is that of network a ("],
    ),
    "no subnet": (NETWORK % "subnets: [10.0.0.1/24]", ["a.yaml:3:19: subnets: 10.0.0.1/24 is an"]),
    "range outside": (
        NETWORK % "subnet: 10.1.0.0/24, dhcp_ranges: [10.2.0.1-10.2.0.9]",
        ["a.yaml:3:44: DHCP range 10.2.0.1-10.2.0.9 is not within"],
    ),
    "mode that has none": (
        NETWORK % "mode: isolated, forward_dev: eth0",
        ["a.yaml:3:38: forward_dev: an isolated network has none"],
    ),
    "bridge mode without": (NETWORK % "mode: bridge", ["a.yaml:3:15: mode bridge needs bridge"]),
    "addresses": (
        NETWORK % "addresses: {x: 10.0.0.1, 52:54:00:00:00:01: y}",
        ["a.yaml:3:21: MAC 'x'", "a.yaml:3:53: 52:54:00:00:00:01: 'y' is no IP address"],
    ),
    "records": (
        NETWORK % "records: [{host: a}, {x: y}]",
        ["a.yaml:3:26: host: needs address", "a.yaml:3:31: x is no key of"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = problems(tmp_path, text)
    assert len(found) == len(expected), found
    for said, start in zip(found, expected, strict=True):
        assert said.startswith(start), found


def test_every_problem_of_all_files_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, NIC % "mtu: 9", "nonsense: 1", NETWORK % "mtu: 1")
    assert [each.partition(":")[0] for each in found] == ["a.yaml", "a.yaml", "b.yaml", "c.yaml"]


def test_files_merge(tmp_path: Path) -> None:
    spec = load(
        tmp_path, NIC % "user: ", NETWORK % "mtu: 1400", (NIC % "user: ").replace("lan", "b")
    )
    assert [nic.spec_name for domain in spec.domains for nic in domain.nics] == ["lan", "b"]
    assert [domain.name for domain in spec.domains] == ["vm"]
    assert len(spec.files) == 3


def test_a_clash_names_both_places(tmp_path: Path) -> None:
    twice = NIC % "user: "
    (said,) = problems(tmp_path, twice, "\n\n" + twice)
    assert said == "b.yaml:7:7: nic lan of domain vm stands twice: a.yaml:5:7 and b.yaml:7:7"


def test_files_that_are_none(tmp_path: Path) -> None:
    for path in (str(tmp_path), str(tmp_path / "missing.yaml")):
        with pytest.raises(UsageError) as caught:
            load_spec([path])
        assert caught.value.hint


@pytest.mark.parametrize("name", ["minimal", "example"])
def test_starter_files(name: str) -> None:
    spec = load_spec([str(TEMPLATES / "spec" / f"{name}.yaml")])
    assert spec.domains
