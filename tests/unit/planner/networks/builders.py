"""Networks with DHCP and DNS for planner tests, and a plan's writes in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.planner.builders import observed
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.model.writes import DefineNetwork, UpdateNetwork

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import Lease
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.plan import Plan
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.writes import Write


def document(hosts: str = "", hosts6: str = "", *, dns: str = "", ranges: bool = True) -> str:
    """A NAT network with two IPv4 subnets, of which the first has DHCP, and an IPv6 one."""
    span = "<range start='10.0.0.100' end='10.0.0.199'/>" if ranges else ""
    span6 = "<range start='fd00::1000' end='fd00::1fff'/>" if ranges else ""
    spans = (span + hosts, span6 + hosts6)
    dhcp, dhcp6 = (f"<dhcp>{each}</dhcp>" if each else "" for each in spans)
    return (
        "<network><name>lab</name><forward mode='nat'/><bridge name='virbr7'/>"
        f"<domain name='lab.test'/>{f'<dns>{dns}</dns>' if dns else ''}"
        f"<ip address='10.0.0.1' prefix='24'>{dhcp}</ip><ip address='10.0.1.1' prefix='24'/>"
        f"<ip family='ipv6' address='fd00::1' prefix='64'>{dhcp6}</ip></network>"
    )


def lab(config: str | None, live: str | None = None) -> SeenNetwork:
    """The network lab as the host would observe it from these documents."""
    return SeenNetwork(
        key="lab",
        autostart=True,
        config=read_network(config) if config else None,
        live=read_network(live) if live else None,
        config_xml=config,
        live_xml=live,
    )


def host(
    *networks: SeenNetwork, leases: tuple[Lease, ...] = (), domain: SeenDomain | None = None
) -> Observed:
    """A host with these networks and leases."""
    return replace(observed(domain, networks=networks), leases=leases)


def writes(plan: Plan) -> list[str]:
    """What a plan does, in words: states, command, section, `<ip>`, element."""
    return [_said(op.do) for step in plan.steps for op in step.ops]


def _said(write: Write) -> str:
    if isinstance(write, DefineNetwork):
        return "define"
    if not isinstance(write, UpdateNetwork):
        return type(write).__name__
    states = "+".join(state for state in State if state in write.states)
    ip = "" if write.index == -1 else f" {write.index}"
    return f"{states}: {write.command} {write.section}{ip} {write.xml}".replace('"', "'")
