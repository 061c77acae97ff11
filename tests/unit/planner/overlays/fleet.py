"""Hosts with one database of OVN's between them, on which plans are carried out as values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import finished_network
from vnetmgr.model.desired import Desired, Policy, SpecScope
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.options.network_patch import build_network_patch
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Overlay
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features, HostRoutes, Links, Observed
from vnetmgr.model.writes import (
    DefineNetwork,
    FinishNetwork,
    SetOverlay,
    StartNetwork,
    StopNetwork,
    UndefineNetwork,
)
from vnetmgr.planner import make_plan
from vnetmgr.planner.overlays.merge import with_northbound
from vnetmgr.problem import Place

if TYPE_CHECKING:
    from vnetmgr.errors import VnetError
    from vnetmgr.model.overlay.southbound import SeenChassis
    from vnetmgr.model.plan import Plan
    from vnetmgr.model.seen.observed import HostRoute
    from vnetmgr.model.writes import Write

TEMPLATE = Path(__file__).parents[4] / "templates/network/overlay.xml"
LINKS = Links(
    bridges=frozenset(),
    switches=frozenset({"br-int", "br-ex"}),
    names=frozenset({"br-int", "br-ex", "eth0"}),
)
PLACE = Place(file="spec.yaml", line=3, column=3)


class Fleet:
    """Several hosts. `northbound` may be changed as somebody else would."""

    def __init__(self, *hosts: str) -> None:
        self.northbound = Northbound(at="unix:nb")
        self.documents: dict[str, dict[str, tuple[str, bool]]] = {host: {} for host in hosts}
        """Host -> network -> its document, and whether it runs."""
        self.unseen: VnetError | None = None
        """Why the database cannot be asked."""
        self.chassis: dict[str, Any] = {"encap_ip": "10.0.0.1", "underlay_mtu": 1500}
        self.links = LINKS
        self.routes: tuple[HostRoute, ...] = ()
        """Of each host."""
        self.ovn_hosts: tuple[SeenChassis, ...] | None = None
        """Those of the southbound database; None: it cannot be asked."""
        self.mappings: dict[str, tuple[tuple[str, str], ...]] = {}

    def observed(self, host: str) -> Observed:
        """What a host sees."""
        networks = []
        for name, (xml, runs) in self.documents[host].items():
            found, live = read_network(xml), xml if runs else None
            networks.append(
                SeenNetwork(
                    key=name,
                    autostart=True,
                    config=found,
                    live=found if runs else None,
                    config_xml=xml,
                    live_xml=live,
                )
            )
        chassis = Chassis(
            system_id=f"chassis-{host}",
            bridge_mappings=self.mappings.get(host, ()),
            **({"southbound": "tcp:10.0.0.9:6642"} | self.chassis),
        )
        observed = Observed(
            host=host,
            uri="qemu:///system",
            features=Features(),
            networks=tuple(networks),
            links=self.links,
            routes=HostRoutes(routes=self.routes),
            chassis=chassis,
            ovn_hosts=self.ovn_hosts,
            templates={"network/overlay.xml": TEMPLATE.read_text()},
        )
        if self.unseen is not None:
            return replace(observed, northbound_unseen=self.unseen)
        return with_northbound(observed, self.northbound)

    def plan(self, host: str, desired: Desired) -> Plan:
        """What would be done there."""
        return make_plan(desired, self.observed(host), Policy())

    def run(self, host: str, desired: Desired) -> Plan:
        """What is done there; a plan made again finds nothing to do."""
        plan = self.plan(host, desired)
        for step in plan.steps:
            for op in step.ops:
                self._do(host, op.do)
        again = self.plan(host, plan.desired)
        assert again.steps == (), again.changes
        return plan

    def _do(self, host: str, write: Write) -> None:
        networks = self.documents[host]
        match write:
            case SetOverlay():
                self._set(write)
            case DefineNetwork():
                name = read_network(write.xml).name
                networks[name] = write.xml, networks.get(name, ("", False))[1]
            case FinishNetwork():
                xml, runs = networks[write.network]
                networks[write.network] = finished_network(xml), runs
            case StartNetwork() | StopNetwork():
                runs = isinstance(write, StartNetwork)
                networks[write.network] = networks[write.network][0], runs
            case UndefineNetwork():
                del networks[write.network]

    def _set(self, write: SetOverlay) -> None:
        overlays = list(self.northbound.overlays)
        if write.before is not None:
            overlays.remove(write.before)
        if write.after is not None:
            overlays.append(write.after)
        self.northbound = replace(self.northbound, overlays=tuple(overlays))

    def has(self, *overlays: Overlay, ports: tuple[LogicalPort, ...] = (), **more: Any) -> None:
        """Somebody has made these."""
        self.northbound = replace(self.northbound, overlays=overlays, ports=ports, **more)

    @property
    def blue(self) -> Overlay:
        """The overlay."""
        (found,) = (each for each in self.northbound.overlays if each.network.name == "blue")
        return found


def created(**options: str | list[str]) -> Desired:
    """`create-network blue --mode overlay ...`."""
    return _wanted(Intent.CREATE, {"mode": "overlay", **options})


def updated(**options: str | list[str]) -> Desired:
    """`update-network blue ...`."""
    return _wanted(Intent.UPDATE, options, running=None, adds=True)


def deleted(**more: Any) -> Desired:
    """`delete-network blue`."""
    return _wanted(Intent.REMOVE, {}, **more)


def run(*, running: bool) -> Desired:
    """`start-network blue`, or `stop-network blue`."""
    return _wanted(Intent.UPDATE, {}, running=running)


def in_spec(**options: str | list[str]) -> Desired:
    """A spec that has it; of which revision, the database has (`Fleet.has`)."""
    found = _wanted(Intent.PRESENT, {"mode": "overlay", **options}, origin=PLACE, owned=True)
    return replace(found, spec=SpecScope())


def _wanted(intent: Intent, options: dict[str, str | list[str]], **more: Any) -> Desired:
    patch = build_network_patch(options) if options else NetworkPatch()
    want = NetworkWant(name="blue", intent=intent, patch=patch, guests=True)
    return Desired(networks=(replace(want, **more),))
