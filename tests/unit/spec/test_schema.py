"""The JSON Schema has the keys that the reader takes, and no others, and takes what it takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.json_schema import complaints
from tests.unit.libvirt_xml.samples import TEMPLATES
from vnetmgr.model.options.network_parsers import PORTGROUP
from vnetmgr.model.options.records import RECORD_OPTIONS
from vnetmgr.model.overlay.options import OVN_KEYS
from vnetmgr.spec.network_parts import ADDRESS_KEYS
from vnetmgr.spec.networks import NETWORK_KEYS
from vnetmgr.spec.nics import NIC_KEYS
from vnetmgr.spec.read import DOMAIN_KEYS, TOP_KEYS
from vnetmgr.spec.schema import json_schema


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether nothing is wrong in a value."""
    return not complaints(schema, value)


def spec_of(text: str) -> Any:
    """YAML as editors that know 1.2 read it: an unquoted MAC is a text."""
    return json.loads(json.dumps(yaml.load(text, Loader=yaml.BaseLoader)))  # noqa: S506


def test_every_key_of_the_reader_and_no_other() -> None:
    schema: dict[str, Any] = json_schema()
    network = schema["properties"]["networks"]["additionalProperties"]
    domain = schema["properties"]["domains"]["additionalProperties"]
    nic = domain["properties"]["nics"]["additionalProperties"]
    parts = network["properties"]
    portgroup = parts["portgroups"]["anyOf"][0]["additionalProperties"]["anyOf"][0]
    addresses = parts["addresses"]["anyOf"][0]["additionalProperties"]
    address = addresses["anyOf"][0]["items"]["anyOf"][1]
    record = parts["records"]["anyOf"][0]["anyOf"][0]["items"]
    for found, keys in [
        (schema, TOP_KEYS),
        (schema["properties"]["ovn"], OVN_KEYS),
        (network, NETWORK_KEYS),
        (domain, DOMAIN_KEYS),
        (nic, NIC_KEYS),
        (portgroup, PORTGROUP.parts.keys() - {"name"}),
        (address, ADDRESS_KEYS),
        (record, RECORD_OPTIONS),
    ]:
        assert set(found["properties"]) == set(keys)
        assert found["additionalProperties"] is False
    for each in (schema, network, domain, nic, record):
        assert all(known["description"] for known in each["properties"].values())


@pytest.mark.parametrize("name", ["minimal", "example"])
def test_it_takes_the_starter_files(name: str) -> None:
    text = (TEMPLATES / "spec" / f"{name}.yaml").read_text()
    assert fits(json_schema(), spec_of(text))


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ("{bridge: br0, mtu: none, vlan: [10, 20], filter_param: {IP: 10.0.0.1}}", True),
        ("{user: {}, link: up, mac: 52:54:00:12:34:22}", True),
        ("{direct: eth0, direct_mode: vepa, inbound: 10mbit, address: 10.0.0.1}", True),
        ("{bridge: br0, inbound: {average: 8kbit, floor: 8kbit}, outbound: none}", True),
        ("{bridge: br0, inbound: '8kbit,peak=9mbit', outbound: 'average=8kbit'}", True),
        ("{bridge: br0, inbound: fast}", False),
        ("{bridge: br0, inbound: {average: 8kbit, peek: 8kbit}}", False),
        ("{bridge: br0, outbound: {average: 8kbit, floor: 8kbit}}", False),
        ("{mtu: 1500}", False),
        ("{bridge: br0, user: {}}", False),
        ("{bridge: br0, mac: none}", False),
        ("{bridge: br0, mtu: jumbo}", False),
        ("{bridge: br0, direct_mode: other}", False),
        ("{bridge: br0, name: x}", False),
        ("{user: {model: e1000}}", False),
    ],
)
def test_nics(body: str, good: bool) -> None:  # noqa: FBT001
    text = f"version: 1\ndomains: {{vm1: {{nics: {{lan: {body}}}}}}}\n"
    assert fits(json_schema(), spec_of(text)) is good


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ("{mode: nat, subnets: [10.1.0.0/24, 'fd00::/64'], dhcp: none}", True),
        ("{subnet: 10.1.0.0/24, dhcp_ranges: [10.1.0.5-10.1.0.9], lease_time: 12h}", True),
        ("{dhcp_ranges: none, portgroups: none, records: none, addresses: none}", True),
        ("{records: [{host: nas, address: 10.0.0.1}, {txt: a, value: b}]}", True),
        ("{addresses: {name:a: 10.0.0.1, name:b: {address: 10.0.0.2, hostname: c}}}", True),
        ("{records: {host: nas, address: 10.0.0.1}}", True),
        ("{records: {value: b}}", False),
        ("{inbound: 8kbit, portgroups: {a: {inbound: {average: 8kbit}}}}", True),
        ("{portgroups: {a: {inbound: {average: 8kbit, floor: 8kbit}}}}", False),
        ("{portgroups: {a: {inbound: fast}}}", False),
        ("{mode: natt}", False),
        ("{subnets: none}", True),
        ("{subnets: [10.1.0.0]}", False),
        ("{records: [{value: b}]}", False),
        ("{portgroups: {a: {vlans: 1}}}", False),
    ],
)
def test_networks(body: str, good: bool) -> None:  # noqa: FBT001
    assert fits(json_schema(), spec_of(f"version: 1\nnetworks: {{lab: {body}}}\n")) is good
