"""Hosts and bindings in a real southbound database."""

from __future__ import annotations

from tests.ovn import Central
from vnetmgr.model.overlay.southbound import Binding
from vnetmgr.ovn.southbound import read_southbound


def test_hosts_and_where_ports_are(central: Central) -> None:
    south = central.south
    south.ctl("chassis-add hosta geneve 10.0.0.1")
    south.ctl("set chassis hosta hostname=a.example other_config:ovn-bridge-mappings=physnet:br-ex")
    central.north.ctl("--wait=sb ls-add blue -- lsp-add blue p")
    south.ctl("lsp-bind p hosta")
    found = read_southbound(south.remote)
    assert found.bindings == (Binding(port="p", chassis="hosta"),)
    (chassis,) = found.chassis
    assert (chassis.name, chassis.hostname) == ("hosta", "a.example")
    assert chassis.encaps == (("geneve", "10.0.0.1"),)
    assert chassis.bridge_mappings == "physnet:br-ex"
    assert chassis.followed == 0 < found.asked  # no ovn-controller is there to follow
