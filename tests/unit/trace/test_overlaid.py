"""Over an overlay: what OVN is asked, and what becomes of its answers."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from tests.unit.doctor.hosts import MAC, OTHER_MAC, with_network
from tests.unit.doctor.overlay_hosts import (
    OTHER_PORT,
    PORT,
    overlay_host,
    with_northbound,
    with_overlays,
    with_southbound,
)
from vnetmgr.doctor.check import Subject
from vnetmgr.local.chassis.flows import parse_flow
from vnetmgr.model.overlay.northbound import Owner
from vnetmgr.model.overlay.southbound import Binding
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace
from vnetmgr.trace.follow import follow
from vnetmgr.trace.overlaid import Question, Sent, answer_of, question_of

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.trace import Trace

THERE = ip_address("10.66.0.20")
SENT = Sent(ip_address("10.66.0.10"), THERE, "tcp", 80)
ASKED = (
    f'inport == "{PORT}" && eth.src == {MAC} && eth.dst == {OTHER_MAC} && ip4.src == 10.66.0.10 && '
    "ip4.dst == 10.66.0.20 && ip.ttl == 64 && tcp.dst == 80"
)
BACK = (
    f'inport == "{OTHER_PORT}" && eth.src == {OTHER_MAC} && eth.dst == {MAC} && '
    "ip4.src == 10.66.0.20 && ip4.dst == 10.66.0.10 && ip.ttl == 64 && tcp.src == 80"
)


def host() -> PathFacts:
    """With the other guest's address, and whose it is."""
    facts = overlay_host()
    assert facts.overlays.northbound is not None
    own, other = facts.overlays.northbound.ports
    owner = Owner(fleet="default", domain_name="web2", nic="lan", host="kvm2")
    other = replace(other, addresses=(THERE,), owner=owner, dns_name="web2.blue.test")
    return with_northbound(facts, ports=(own, other))


def asked(facts: PathFacts, there: str, back: str = f'output("{PORT}");') -> PathFacts:
    """OVN has said this."""
    return with_overlays(
        facts, flows=(parse_flow(there, "blue", ASKED), parse_flow(back, "blue", BACK))
    )


def traced(facts: PathFacts, target: str = str(THERE)) -> Trace:
    return follow(subject(facts), ip_address(target), "tcp", 80)


def subject(facts: PathFacts) -> Subject:
    (domain,) = facts.domains
    return Subject(facts=facts, domain=domain, nic=domain.nics[0])


DELIVERED = f'output("{OTHER_PORT}");'
ITSELF = f'output("{PORT}");'


def test_what_ovn_is_asked_is_the_packet_and_its_answer() -> None:
    question = question_of(subject(host()), SENT)
    assert question == Question("blue", ASKED)
    flow = parse_flow(f"# tcp,reg14=0x1\nip.ttl--;\n{DELIVERED}\n", *question)
    assert (flow.actions, flow.outputs) == (("ip.ttl--;", DELIVERED), (OTHER_PORT,))
    assert answer_of(subject(host()), question, flow, SENT) == Question("blue", BACK)


@pytest.mark.parametrize(
    ("sent", "has"),
    [
        (SENT._replace(protocol="icmp", port=None), "icmp4.type == 8"),
        (SENT._replace(protocol="udp", port=53), "udp.dst == 53"),
        (SENT._replace(target=ip_address("10.66.0.77")), None),
        (SENT._replace(target=ip_address("192.0.2.1")), None),  # it has no router
        (SENT._replace(source=None), None),
    ],
)
def test_which_packet_it_is(sent: Sent, has: str | None) -> None:
    found = question_of(subject(host()), sent)
    if has is None:
        assert found is None
    else:
        assert found is not None
        assert found.packet.endswith(has)


@pytest.mark.parametrize(
    ("target", "named"), [(str(THERE), True), ("10.66.0.1", False), ("192.0.2.1", False)]
)
def test_guests_that_are_isolated_are_named_as_such(target: str, *, named: bool) -> None:
    facts = with_network(asked(host(), ""), isolated_ports=True)
    assert ("guests of blue are isolated" in traced(facts, target).reason) is named


def test_a_packet_gets_to_a_guest_on_another_host() -> None:
    found = traced(asked(host(), DELIVERED))
    assert (found.verdict, found.reason) == ("delivered", "to guest web2/lan on host kvm2")
    assert [hop.way for hop in found.hops] == [*["there"] * 4, "back"]
    assert found.hops[3].rule == "kvm1, kvm2 have in force what was written to OVN"


def behind(facts: PathFacts, *names: str) -> PathFacts:
    """These hosts lack two changes."""
    assert facts.overlays.southbound is not None
    chassis = (
        replace(each, followed=5) if each.name in names else each
        for each in facts.overlays.southbound.chassis
    )
    return with_southbound(facts, chassis=tuple(chassis))


OFF = "this host's ovn-controller does not run"
BEHIND = "host {} has put 5 of 7 changes of OVN's into force"


@pytest.mark.parametrize(
    ("facts", "has"),
    [
        (behind(asked(host(), DELIVERED), "kvm2"), ("to guest web2/lan on host kvm2", "kvm2")),
        (behind(asked(host(), DELIVERED), "kvm1", "kvm2"), ("host kvm1", "host kvm2")),
        (with_overlays(asked(host(), DELIVERED), controller=False), (OFF,)),
        (
            with_overlays(behind(asked(host(), DELIVERED), "kvm1", "kvm2"), controller=False),
            (OFF, BEHIND.format("kvm2")),
        ),
        (behind(asked(host(), ITSELF), "kvm1"), ("OVN itself answers", BEHIND.format("kvm1"))),
        (behind(asked(host(), 'output("lan");'), "kvm1"), ("leaves the overlay by lan", "kvm1")),
    ],
)
def test_a_host_that_does_not_do_what_ovn_says_is_named(
    facts: PathFacts, has: tuple[str, ...]
) -> None:
    found = traced(facts)
    assert found.verdict == "unknown"
    assert "systemctl restart ovn-controller" in found.reason
    for each in ("by OVN's flows", *has):
        assert each in found.reason
    assert (BEHIND.format("kvm1") in found.reason) <= (OFF not in found.reason)
    assert found.hops[-1].verdict == "unknown"
    assert found.unknown


def test_a_host_that_is_behind_and_has_no_end_of_it_does_not_matter() -> None:
    facts = behind(asked(host(), ITSELF), "kvm2")
    assert traced(facts).verdict == "delivered"


def test_a_guest_whose_own_port_is_bound_nowhere_reaches_not_even_ovn() -> None:
    bindings = (Binding(port=PORT), Binding(port=OTHER_PORT, chassis="kvm2"))
    found = traced(with_southbound(asked(host(), ITSELF), bindings=bindings))
    assert (found.verdict, found.reason) == (
        "dropped",
        "overlay blue: the port of web1/lan is bound on no host",
    )


@pytest.mark.parametrize(
    ("facts", "target", "verdict", "reason"),
    [
        (host(), str(THERE), "unknown", "ovn-trace was not asked"),
        (host(), "10.66.0.77", "dropped", "no logical port has 10.66.0.77"),
        (host(), "192.0.2.1", "dropped", "it has no router"),
        (asked(host(), ""), str(THERE), "dropped", "OVN's flows drop it"),
        (asked(host(), DELIVERED, ""), str(THERE), "dropped", "the answer: overlay blue"),
        (asked(host(), ITSELF), str(THERE), "delivered", "OVN itself answers"),
        (asked(host(), f"icmp4 {{\n{ITSELF}\n}};"), str(THERE), "dropped", "OVN rejects it"),
        (asked(host(), f"tcp_reset {{\n{ITSELF}\n}};"), str(THERE), "dropped", "OVN rejects it"),
        (
            asked(host(), f"*** dns_lookup action not implemented;\nicmp4 {{\n{ITSELF}\n}};"),
            str(THERE),
            "unknown",
            "ovn-trace does not tell: dns_lookup action not implemented",
        ),
        (asked(host(), 'output("lan");'), str(THERE), "delivered", "leaves the overlay by lan"),
        (
            with_southbound(
                asked(host(), DELIVERED),
                bindings=(Binding(port=PORT, chassis="kvm1"), Binding(port=OTHER_PORT)),
            ),
            str(THERE),
            "dropped",
            "the port of web2/lan is bound on no host",
        ),
        (with_overlays(host(), northbound=None), str(THERE), "unknown", "overlays.northbound"),
        (
            replace(
                host(), unseen=(Unseen(part="overlays.flows", needs=Need.OTHER, why="no answer"),)
            ),
            str(THERE),
            "unknown",
            "no answer",
        ),
    ],
)
def test_what_becomes_of_it(facts: PathFacts, target: str, verdict: str, reason: str) -> None:
    found = traced(facts, target)
    assert found.verdict == verdict, found
    assert reason in found.reason


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ('output("a\\"b");', ('a"b',)),
        ('output("a");\noutput("b");', ("a", "b")),
        ("output(reg15);", ()),
        ('output("a\\q");', ()),
        ('# output("a");\n\n', ()),
    ],
)
def test_where_a_packet_leaves(text: str, outputs: tuple[str, ...]) -> None:
    assert parse_flow(text, "blue", "").outputs == outputs
