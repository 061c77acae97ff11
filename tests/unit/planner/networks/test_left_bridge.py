"""Which bridge a killed libvirtd has left of a network that is off, and what becomes of it."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import LINKS
from tests.unit.planner.networks.builders import host
from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import hop_network
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import Kept, NetworkMode, SeenNetwork
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.record import replace
from vnetmgr.model.seen.guests import left_bridge
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.writes import CreateNetwork, RemoveBridge, StartNetwork, Write
from vnetmgr.planner import make_plan
from vnetmgr.planner.networks.context import left_networks

MAC, OTHER = "52:54:00:00:60:60", "52:54:00:00:60:61"
ON_BR0 = "<network><name>lab</name><forward mode='bridge'/><bridge name='br0'/></network>"
GONE = Kept(ports=("c0",), bridge=("virbr60", MAC))


def lab(bridge: str, *, name: str = "lab", mac: str = MAC, active: bool = False) -> SeenNetwork:
    """A NAT network."""
    xml = (
        f"<network><name>{name}</name><forward mode='nat'/><bridge name='{bridge}'/>"
        f"<mac address='{mac}'/></network>"
    )
    return seen(xml, active=active)


def seen(xml: str, *, active: bool = False) -> SeenNetwork:
    """A network as observed."""
    found = read_network(xml)
    live = found if active else None
    return SeenNetwork(
        key=found.name,
        autostart=True,
        config=found,
        live=live,
        config_xml=xml,
        live_xml=xml if active else None,
    )


def there(*networks: SeenNetwork, ports: bool = True, **macs: str) -> Observed:
    """A host with these bridges."""
    links = replace(
        LINKS,
        bridges=frozenset(macs) | {"br0"},
        names=frozenset(macs) | {"br0"},
        bridge_macs=macs,
        ports={} if ports else None,
    )
    return replace(host(*networks), links=links)


def hop(kept: Kept) -> SeenNetwork:
    """The hop network of a restart that was cut short."""
    return seen(hop_network("vnetmgr-hop-lab", "vnetmgr-hop0", kept), active=True)


LEFT: dict[str, tuple[Observed, str | None]] = {
    "by its name and MAC": (there(lab("virbr60"), virbr60=MAC), "virbr60"),
    "of that name, another's": (there(lab("virbr60"), virbr60=OTHER), None),
    "by its MAC, as the config names another by now": (
        there(lab("virbr61"), virbr60=MAC),
        "virbr60",
    ),
    "not that of a network which was copied with its MAC": (
        there(lab("virbr61"), lab("virbr60", name="old"), virbr60=MAC),
        None,
    ),
    "nor that of one which runs": (
        there(lab("virbr61"), lab("virbr60", name="old", active=True), virbr60=MAC),
        None,
    ),
    "not when it runs": (there(lab("virbr60", active=True), virbr60=MAC), None),
    "not one of several": (there(lab("virbr61"), virbr60=MAC, virbr59=MAC), None),
    "as a restart has kept it, for a config without a MAC": (
        there(seen(ON_BR0), hop(GONE), virbr60=MAC),
        "virbr60",
    ),
    "as a restart has kept it, of a transient network": (there(hop(GONE), virbr60=MAC), "virbr60"),
    "kept, and made anew by somebody": (there(seen(ON_BR0), hop(GONE), virbr60=OTHER), None),
}


@pytest.mark.parametrize(("observed", "bridge"), LEFT.values(), ids=LEFT.keys())
def test_the_bridge_that_is_left_of_a_network(observed: Observed, bridge: str | None) -> None:
    assert left_bridge("lab", observed) == bridge
    told = "".join(error.message for error in left_networks(observed))
    assert (f"network lab is off, and its bridge {bridge} stands" in told) is (bridge is not None)
    assert ("network lab " in told) is (bridge is not None)


def test_what_a_restart_keeps_is_read_back() -> None:
    for kept in (GONE, replace(GONE, document=ON_BR0), Kept(ports=("a", "b"))):
        assert read_network(hop_network("vnetmgr-hop-lab", "vnetmgr-hop%d", kept)).kept == kept


def starting(patch: NetworkPatch | None = None, *, running: bool | None = True) -> Desired:
    """That the network lab is changed, and runs."""
    want = NetworkWant(
        name="lab", intent=Intent.UPDATE, patch=patch or NetworkPatch(), running=running
    )
    return Desired(networks=(want,))


def is_start(do: Write) -> bool:
    """Whether a write starts the network lab."""
    return isinstance(do, StartNetwork | CreateNetwork) and do.network == "lab"


@pytest.mark.parametrize(
    "observed",
    [
        there(lab("virbr61"), virbr60=MAC),
        there(seen(ON_BR0), hop(GONE), virbr60=MAC),
        there(hop(replace(GONE, document=ON_BR0)), virbr60=MAC),
    ],
    ids=["another bridge", "another mode", "transient"],
)
def test_it_goes_before_the_network_starts(observed: Observed) -> None:
    plan = make_plan(starting(), observed, Policy())
    ops = [op.do for step in plan.steps for op in step.ops]
    goes = ops.index(RemoveBridge(network="lab", bridge="virbr60", mac=MAC))
    (starts,) = [at for at, do in enumerate(ops) if is_start(do)]
    assert goes < starts


def test_from_afar_a_start_is_refused_whatever_the_config_names() -> None:
    far = there(lab("virbr61"), ports=False, virbr60=MAC)
    with pytest.raises(RefusedError, match="run vnetmgr start-network lab on"):
        make_plan(starting(), far, Policy())


def test_its_trace_is_not_lost_with_the_mode() -> None:
    patch = NetworkPatch(mode=NetworkMode.BRIDGE, bridge="br0")
    with pytest.raises(RefusedError, match="bridge virbr60 is what libvirtd left") as caught:
        make_plan(starting(patch, running=None), there(lab("virbr60"), virbr60=MAC), Policy())
    assert "stop-network lab --force" in (caught.value.hint or "")
