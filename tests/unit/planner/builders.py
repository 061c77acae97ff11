"""Observed hosts for planner tests, from documents as libvirt writes them."""

from __future__ import annotations

from typing import Any

from vnetmgr.host.pair import pair
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.model.desired import Desired, NicWant, Policy
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import Network, NetworkMode, Portgroup, SeenNetwork
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features, Links, Observed
from vnetmgr.model.state import State
from vnetmgr.planner import make_plan

UUID = "11111111-2222-3333-4444-555555555555"
CONFIG, LIVE = State.CONFIG, State.LIVE


def nic_xml(
    name: str | None = "lan",
    *,
    mac: str = "52:54:00:00:00:01",
    source: str = "<source bridge='br0'/>",
    kind: str = "bridge",
    model: str = "virtio",
    bus: int = 1,
    target: str | None = None,
    extra: str = "",
) -> str:
    """One `<interface>`; with a target it looks live."""
    alias = f"<alias name='ua-{name}'/>" if name else ""
    dev = f"<target dev='{target}'/>" if target else ""
    return (
        f"<interface type='{kind}'><mac address='{mac}'/>{source}{dev}<model type='{model}'/>"
        f"{extra}{alias}"
        f"<address type='pci' domain='0x0000' bus='0x{bus:02x}' slot='0x00' function='0x0'/>"
        "</interface>"
    )


def domain_xml(*nics: str, ports: int = 3, extra: str = "", os: str = "") -> str:
    """A q35 domain with root ports 1..ports."""
    controllers = "<controller type='pci' index='0' model='pcie-root'/>" + "".join(
        f"<controller type='pci' index='{index}' model='pcie-root-port'>"
        f"<address type='pci' domain='0x0000' bus='0x00' slot='0x{index + 1:02x}' function='0x0'/>"
        "</controller>"
        for index in range(1, ports + 1)
    )
    return (
        f"<domain type='qemu'><name>vm1</name><uuid>{UUID}</uuid>"
        f"<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>{os}</os>"
        f"<devices>{controllers}{''.join(nics)}{extra}</devices></domain>"
    )


def domain(config: str | None = None, live: str | None = None, **more: Any) -> SeenDomain:
    """A domain as the host would observe it from these documents."""
    documents = [read_domain(xml).nics if xml else () for xml in (config, live)]
    return SeenDomain(
        name="vm1",
        uuid=UUID,
        config_xml=config,
        live_xml=live,
        nics=pair("vm1", *documents),
        **more,
    )


def network(name: str, mode: NetworkMode = NetworkMode.NAT, *, active: bool = True) -> SeenNetwork:
    """A network with one portgroup."""
    groups = (Portgroup(name="guests"),)
    found = Network(name=name, mode=mode, bridge="virbr0", portgroups=groups)
    return SeenNetwork(key=name, autostart=True, config=found, live=found if active else None)


LINKS = Links(
    bridges=frozenset({"br0", "br1"}),
    switches=frozenset({"ovs0", "ovs1"}),
    names=frozenset({"br0", "br1", "ovs0", "ovs1", "eth0", "lo", "vnet7"}),
    ports={"vnet7": "br0", "vnet0": "br0", "ovs0": "ovs0", "ovs1": "ovs1"},
    macs={"fe:54:00:00:00:77": "vnet7"},
)


def observed(
    seen: SeenDomain | None = None,
    *,
    networks: tuple[SeenNetwork, ...] = (),
    features: Features | None = None,
    templates: dict[str, str] | None = None,
) -> Observed:
    """A host with that domain, bridges br0 and br1, and these networks."""
    return Observed(
        uri="qemu:///system",
        host="host",
        features=features or Features(),
        domains=(seen,) if seen else (),
        networks=networks,
        links=LINKS,
        templates=templates or {},
    )


TEMPLATES = {
    kind: f"<interface type='{kind}'><source/><model type='virtio'/></interface>"
    for kind in ("bridge", "network", "direct")
} | {"user": "<interface type='user'><model type='virtio'/></interface>"}


def want(intent: Intent, *, nic: str | None = None, **options: str) -> NicWant:
    """A want from options as they are typed."""
    patch = build_patch(options, source_needed=intent is Intent.CREATE)
    kind = str(getattr(patch.source, "mode", "bridge"))
    return NicWant(
        domain="vm1",
        nic=nic,
        intent=intent,
        patch=patch,
        template=TEMPLATES[kind],
    )


def within(wanted: NicWant, *states: State) -> NicWant:
    """The want, for these states only."""
    return replace(wanted, states=frozenset(states))


def plan(host: Observed, *wants: NicWant, allow: tuple[str, ...] = ()) -> Plan:
    """Plan these wants."""
    return make_plan(Desired(nics=wants), host, Policy(allow=frozenset(allow)))
