"""Hosts with port forwards for planner tests, and what comes of a plan there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.planner.builders import LINKS, UUID, domain_xml, nic_xml, observed
from tests.unit.planner.builders import domain as build_domain
from tests.unit.planner.networks.builders import lab
from vnetmgr.libvirt_xml.metadata import read_forwards, read_stamp, with_forwards
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.forward import ForwardWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.forwards import build_forward, parse_forward_key
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import LiveRules
from vnetmgr.model.writes import SetMetadata, SetRules
from vnetmgr.planner import make_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.dhcp import Lease
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.seen.observed import Observed

MAC, MAC2 = "52:54:00:00:00:01", "52:54:00:00:00:02"
OTHER = UUID.replace("1", "9")


def document(
    hosts: str = "",
    *,
    mode: str = "nat",
    span: tuple[str, str] | None = ("10.0.0.100", "10.0.0.199"),
    six: str = "",
    subnets: bool = True,
) -> str:
    """A network lab on virbr7, with DHCP for IPv4; `six`: its IPv6 subnet as well."""
    dhcp = f"<range start='{span[0]}' end='{span[1]}'/>" if span else ""
    ip = f"<ip address='10.0.0.1' prefix='24'><dhcp>{dhcp}{hosts}</dhcp></ip>" if subnets else ""
    forward = "" if mode == "isolated" else f"<forward mode='{mode}'/>"
    return f"<network><name>lab</name>{forward}<bridge name='virbr7'/>{ip}{six}</network>"


IPV6 = "<ip family='ipv6' address='fd00::1' prefix='64'/>"
DHCP6 = (
    "<ip family='ipv6' address='fd00::1' prefix='64'><dhcp>"
    "<range start='fd00::100' end='fd00::1ff'/></dhcp></ip>"
)


def reserved(address: str, mac: str = MAC) -> str:
    """A reservation."""
    return f"<host mac='{mac}' ip='{address}'/>"


def on_lab(name: str | None = "lan", *, mac: str = MAC, bus: int = 1) -> str:
    """A nic on the network lab."""
    return nic_xml(name, mac=mac, bus=bus, kind="network", source="<source network='lab'/>")


def forward(text: str, **options: str | Sequence[str]) -> Forward:
    """As add-forward has it; on nic lan where none is named."""
    return build_forward(text, {"nic": "lan", **options})


def vm(
    *forwards: Forward,
    nics: Sequence[str] = (),
    name: str = "vm1",
    stamped: bool = True,
    running: bool = False,
) -> SeenDomain:
    """A domain that has these forwards, on the network lab where no nics are given. Metadata of
    old was not `stamped`."""
    uuid = UUID if name == "vm1" else OTHER
    mac = MAC if name == "vm1" else MAC2
    data = with_forwards(None, forwards, uuid if stamped else None)
    document = domain_xml(*(nics or (on_lab(mac=mac),)))
    return replace(
        build_domain(document, document if running else None),
        name=name,
        uuid=uuid,
        data_xml=data,
        stamp=read_stamp(data),
        forwards=read_forwards(data),
    )


def host(
    *domains: SeenDomain,
    network: str | SeenNetwork | None = None,
    rules: LiveRules | None = None,
    leases: tuple[Lease, ...] = (),
) -> Observed:
    """A host with the network lab, running as its config says."""
    seen = network if network is not None else document()
    if isinstance(seen, str):
        seen = lab(seen, seen)
    return replace(
        observed(networks=(seen,)),
        domains=domains or (vm(),),
        rules=rules if rules is not None else LiveRules(),
        leases=leases,
        links=LINKS,
    )


def add(text: str, *, to: str = "vm1", **options: str | Sequence[str]) -> ForwardWant:
    """As add-forward wants it."""
    return ForwardWant(domain=to, intent=Intent.CREATE, forward=build_forward(text, options))


def remove(text: str, *, of: str = "vm1", intent: Intent = Intent.REMOVE) -> ForwardWant:
    """As remove-forward wants it."""
    return ForwardWant(domain=of, intent=intent, key=parse_forward_key(text))


def planned(there: Observed, *wants: ForwardWant) -> Plan:
    """The plan of a command."""
    return make_plan(Desired(forwards=wants), there, Policy(allow=frozenset()))


def writes(plan: Plan) -> list[object]:
    """What a plan writes."""
    return [op.do for step in plan.steps for op in step.ops]


def leads(plan: Plan) -> list[str]:
    """Where the rules of a plan lead: `LISTEN HOST_PORT/PROTOCOL ADDRESS PORT`."""
    return [
        f"{rule.listen or '*'} {rule.host_port}/{rule.protocol} {rule.guest_address} "
        f"{rule.guest_port}"
        for write in writes(plan)
        if isinstance(write, SetRules)
        for rule in write.rules
    ]


def applied(there: Observed, plan: Plan) -> Observed:
    """The host once a plan's metadata and rules are written."""
    rules = there.rules or LiveRules()
    domains = {domain.name: domain for domain in there.domains}
    for write in writes(plan):
        if isinstance(write, SetRules):
            rules = rules.with_domain(write.uuid, write.rules, write.passages)
        elif isinstance(write, SetMetadata):
            domains[write.domain] = replace(
                domains[write.domain],
                data_xml=write.xml,
                stamp=read_stamp(write.xml),
                forwards=read_forwards(write.xml),
                copied=(),
                rivals=(),
            )
    return replace(there, rules=rules, domains=tuple(domains.values()))


def forwarded(*forwards: Forward, network: str | None = None) -> Observed:
    """A host where vm1's forwards are in place, with the reservation of 10.0.0.100."""
    there = host(vm(), network=network or document(reserved("10.0.0.100")))
    for each in forwards:
        plan = planned(there, ForwardWant(domain="vm1", intent=Intent.CREATE, forward=each))
        there = applied(there, plan)
    return there
