"""The JSON Schema has the keys that the reader takes, and no others."""

from __future__ import annotations

from typing import Any

from vnetmgr.spec.networks import NETWORK_KEYS
from vnetmgr.spec.nics import NIC_KEYS
from vnetmgr.spec.read import DOMAIN_KEYS, TOP_KEYS
from vnetmgr.spec.schema import json_schema


def test_keys() -> None:
    schema: dict[str, Any] = json_schema()
    top = schema["properties"]
    assert set(top) == set(TOP_KEYS)
    network = top["networks"]["additionalProperties"]
    assert set(network["properties"]) == set(NETWORK_KEYS)
    domain = top["domains"]["additionalProperties"]
    assert set(domain["properties"]) == set(DOMAIN_KEYS) - {"forwards"}
    nic = domain["properties"]["nics"]["additionalProperties"]
    assert set(nic["properties"]) == set(NIC_KEYS)
    for each in (schema, network, domain, nic):
        assert each["additionalProperties"] is False
