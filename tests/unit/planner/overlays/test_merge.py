"""Networks with what OVN has of them."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from vnetmgr.model.network import Network, NetworkMode, SeenNetwork
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.overlay.northbound import Northbound, Overlay
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features, Observed
from vnetmgr.planner.overlays.merge import patched, with_northbound

LIBVIRTS = Network(
    name="blue", mode=NetworkMode.OVERLAY, fleet="east", bridge="br-int", virtualport="openvswitch"
)
SWITCH = Network(
    name="blue",
    mode=NetworkMode.OVERLAY,
    subnets=(ip_network("10.0.0.0/24"),),
    gateways=(ip_address("10.0.0.1"),),
    mtu=1400,
)
OTHERS = replace(SWITCH, mtu=1300)


def observed(*networks: Network) -> Observed:
    """A host with networks that run."""
    seen = (SeenNetwork(key=each.name, config=each, live=each, autostart=True) for each in networks)
    return Observed(host="a", uri="x", features=Features(), networks=tuple(seen))


def test_an_overlay_is_half_in_libvirt_and_half_in_ovn() -> None:
    bridge = Network(name="red", mode=NetworkMode.BRIDGE, bridge="br0")
    northbound = Northbound(
        at="unix:x",
        overlays=(
            Overlay(network=OTHERS),
            Overlay(network=OTHERS, fleet="west"),
            Overlay(network=SWITCH, fleet="east"),
            Overlay(network=replace(SWITCH, name="red"), fleet="default"),
        ),
    )
    blue, red = with_northbound(observed(LIBVIRTS, bridge), northbound).networks
    assert blue.config == blue.live
    assert blue.config == replace(
        LIBVIRTS, subnets=SWITCH.subnets, gateways=SWITCH.gateways, mtu=1400
    )
    assert (red.config, red.live) == (bridge, bridge)
    lone = with_northbound(observed(LIBVIRTS), Northbound(at="unix:x"))
    assert lone.networks[0].any == LIBVIRTS


def test_each_subnet_has_a_gateway() -> None:
    three = (ip_network("10.0.0.0/24"), ip_network("10.1.0.0/24"), ip_network("fd00::/64"))
    given = NetworkPatch(subnets=three, gateways=(ip_address("10.1.0.254"),), mtu=None)
    after = patched(SWITCH, given)
    assert list(map(str, after.gateways)) == ["10.0.0.1", "10.1.0.254", "fd00::1"]
    assert after.mtu is None
    assert patched(after, NetworkPatch(subnets=None)).gateways == ()
    assert patched(after, NetworkPatch()) == after
