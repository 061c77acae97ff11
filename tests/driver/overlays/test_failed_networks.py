"""Nics on networks that their spec cannot make: why is told once, of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import vnetmgr
from tests.driver.overlays.conftest import NODE, UUID
from vnetmgr.problem import About

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """version: 1
ovn: {northbound: "unix:/nowhere/nb.sock"}
networks:
  lab: NETWORK
domains:
  test:
    nics:
      lan: {network: lab}
    forwards: [{host_port: 8080, guest_port: 80, nic: lan}]
"""
CASES = {
    "what clashes with what is there": (
        "{mode: nat, subnet: 10.5.0.0/25}",
        "network lab: subnet 10.5.0.0/25 overlaps 10.5.0.0/24",
    ),
    "what cannot be read": (
        "{mode: nat, subnet: 10.5.0.1/24}",
        "subnet: 10.5.0.1/24 is an address in 10.5.0.0/24",
    ),
    "an overlay without its database": (
        "{mode: overlay, subnet: 10.66.0.0/24}",
        "cannot connect to OVN's database: unix:/nowhere/nb.sock",
    ),
}


@pytest.mark.parametrize(("network", "cause"), CASES.values(), ids=CASES)
def test_what_waits_for_a_network_that_cannot_be_made_says_so(
    tmp_path: Path, network: str, cause: str
) -> None:
    text, spec = SPEC.replace("NETWORK", network), tmp_path / "spec.yaml"
    spec.write_text(text)
    node = tmp_path / "node.xml"
    node.write_text(NODE.format(name="test", uuid=f"{UUID}1"))
    with vnetmgr.Host.connect(f"test://{node}") as host:
        host.create_network("old", mode="isolated", subnet="10.5.0.0/24")
        first, nic, forward = host.reconcile(spec, check=False).errors
        assert cause in first.message
        assert nic.message == (
            f"{spec}:8:7: domain test: nic lan waits for network lab, which cannot be made"
        )
        assert nic.about == About("nic", "lan", "test", "source")
        assert forward.text == (
            "domain test: a port forward waits for nic lan, which cannot be made"
        )
        # A network that is nowhere is another thing.
        spec.write_text(text.replace("network: lab", "network: lap"))
        errors = [each.message for each in host.reconcile(spec, check=False).errors]
        assert any("network lap does not exist" in each for each in errors)
