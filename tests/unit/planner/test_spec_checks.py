"""What a spec names that neither it nor the host has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.spec.texts import load
from vnetmgr.model.seen.observed import Links, Observed
from vnetmgr.planner.spec_checks import host_problems

SPEC = """\
version: 1
networks:
  lab: {mode: nat, bridge: virbr7}
  out: {mode: bridge, bridge: br8}
domains:
  vm1:
    nics:
      a: {network: lab}
      b: {network: default}
      c: {bridge: virbr7}
      d: {bridge: br9}
      e: {bridge: ovs0, virtualport: openvswitch}
      f: {user: {}}
"""
NO_NETWORK = "9:7: network default is neither in the spec nor on here"
NO_BRIDGE = "11:7: bridge br9 is neither in the spec nor on here. Did you mean br0?"
NO_OVS = "12:7: bridge ovs0 is neither in the spec nor on here"
NOT_THE_HOSTS = "4:3: bridge br8 is neither in the spec nor on here. Did you mean br0?"


@pytest.mark.parametrize(
    ("links", "said"),
    [
        (None, [NO_NETWORK]),
        (Links(bridges=frozenset({"br0"})), [NO_NETWORK, NO_BRIDGE]),
        (
            Links(bridges=frozenset({"br0"}), names=frozenset({"br0", "eth0"})),
            [NO_NETWORK, NOT_THE_HOSTS, NO_BRIDGE, NO_OVS],
        ),
    ],
)
def test_nowhere(links: Links | None, said: list[str], tmp_path: Path) -> None:
    spec = load(tmp_path, SPEC)
    found = host_problems(spec, Observed(uri="test:///", host="here", links=links))
    assert list(map(str, found)) == [f"{tmp_path}/spec.yaml:{each}" for each in said]
