"""What a probe saw, as findings: named where it is the cause, silent where it is not."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

import pytest

from tests.unit.model.path.examples import BRIDGE, FACTS, MAC, NETWORK, TAP, WEB1
from vnetmgr.doctor.check import Subject, judge
from vnetmgr.doctor.checks.probes import ROWS
from vnetmgr.model.network import Network
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.path.finding import Finding, Status
from vnetmgr.model.path.networks import NetworkFacts
from vnetmgr.model.path.probe import (
    ArpAnswer,
    Attempt,
    DhcpOffer,
    Outcome,
    ProbeFacts,
    ProbePlace,
    Step,
)
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac

GUEST, GATEWAY, FREE = map(IPv4Address, ("10.0.0.5", "10.0.0.1", "10.0.0.7"))
HOST, STRANGER = Mac("52:54:00:aa:00:01"), Mac("02:00:00:00:00:66")
OFFER = DhcpOffer(
    server=GATEWAY, mac=HOST, address=FREE, prefix=24, routers=(GATEWAY,), dns=(GATEWAY,)
)
GOOD = ProbeFacts(
    place=ProbePlace(bridge="virbr1", isolated=True),
    offers=(OFFER,),
    arp=(
        ArpAnswer(address=GUEST, macs=(MAC,)),
        ArpAnswer(address=GATEWAY, macs=(HOST,)),
        ArpAnswer(address=FREE),
    ),
    sender=FREE,
    attempts=(
        Attempt(step=Step.PING, target=GATEWAY, outcome=Outcome.ANSWERED),
        Attempt(step=Step.DNS, target=GATEWAY, outcome=Outcome.ANSWERED, port=53),
        Attempt(step=Step.TCP, target=GATEWAY, outcome=Outcome.REFUSED, port=443),
    ),
)
NO_OFFER = replace(GOOD, offers=(), sender=None, no_sender="no DHCP", attempts=())


def judged(
    seen: ProbeFacts | None, *, network: Network = NETWORK, **changes: object
) -> dict[str, Finding]:
    """Every row's finding of nic lan, with changes of its domain."""
    nic = replace(WEB1.nics[0], **changes.pop("nic", {}))  # type: ignore[arg-type]
    domain = replace(WEB1, nics=(nic,), **changes)
    lab = NetworkFacts(name="lab", config=network, live=network)
    facts = replace(
        FACTS,
        probes=None if seen is None else (seen,),
        networks=(lab,),
        leases=(),
        unseen=(Unseen(part="probes", needs=Need.PROBE, why="needs --probe"),),
    )
    found = (judge(row, Subject(facts=facts, domain=domain, nic=nic)) for row in ROWS)
    return {each.check: each for each in found if each is not None}


def outcomes(found: dict[str, Finding]) -> dict[str, Status]:
    return {key: each.status for key, each in found.items() if each.status is not Status.OK}


def test_where_all_is_well_all_is_ok() -> None:
    found = judged(GOOD)
    assert outcomes(found) == {}
    assert len(found) == len(ROWS)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (None, "needs --probe"),
        (replace(GOOD, problem="a probe needs root"), "there was no probe: a probe needs root"),
        (replace(GOOD, place=ProbePlace(bridge="virbr1")), "no probe stood where the nic is"),
    ],
)
def test_without_a_probe_nothing_is_checked(seen: ProbeFacts | None, why: str) -> None:
    found = judged(seen)
    assert {each.status for each in found.values()} == {Status.NOT_CHECKED}
    assert {each.cause for each in found.values()} == {why}


def test_somebody_else_has_the_address() -> None:
    others = replace(GOOD, arp=(ArpAnswer(address=GUEST, macs=(STRANGER, MAC)),))
    found = judged(others)["duplicate-address"]
    assert found.status is Status.BROKEN
    assert found.cause == (
        "10.0.0.5, the guest's address, is also that of 02:00:00:00:00:66 on virbr1"
    )
    assert found.owner == "whoever has MAC 02:00:00:00:00:66"


def test_who_is_many_is_not_listed_in_full() -> None:
    many = tuple(Mac(f"02:00:00:00:01:{number:02x}") for number in range(64))
    found = judged(replace(GOOD, arp=(ArpAnswer(address=GUEST, macs=many),)))["duplicate-address"]
    assert found.cause.endswith("and 02:00:00:00:01:02 and 61 more on virbr1")


def test_two_dhcp_servers() -> None:
    rogue = replace(OFFER, server=ip_address("10.0.0.66"), mac=STRANGER)
    agreed = judged(replace(GOOD, offers=(OFFER, rogue)))["several-dhcp-servers"]
    assert agreed.status is Status.WARNING
    wrong = replace(rogue, routers=(ip_address("10.0.0.66"),))
    found = judged(replace(GOOD, offers=(wrong, OFFER)))["several-dhcp-servers"]
    assert found.status is Status.BROKEN
    assert found.cause == (
        "2 DHCP servers answer on virbr1: 10.0.0.1 (52:54:00:aa:00:01, offers 10.0.0.7) and "
        "10.0.0.66 (02:00:00:00:00:66, offers 10.0.0.7)"
    )


def test_one_server_behind_two_relays_is_one_and_its_twin_is_another() -> None:
    relayed = replace(OFFER, mac=STRANGER)
    assert outcomes(judged(replace(GOOD, offers=(OFFER, relayed)))) == {}
    twin = replace(relayed, address=ip_address("10.0.0.8"))
    found = outcomes(judged(replace(GOOD, offers=(OFFER, twin))))
    assert found == {"several-dhcp-servers": Status.WARNING}


def test_no_dhcp_server() -> None:
    found = judged(NO_OFFER)
    assert found["no-dhcp-server"].status is Status.BROKEN
    assert found["no-dhcp-server"].cause == "no DHCP server answers on virbr1"
    rest = outcomes(found)
    del rest["no-dhcp-server"]
    assert set(rest.values()) == {Status.NOT_CHECKED}
    assert found["dns-silent"].cause == "the probe had no address: no DHCP"


def test_a_network_without_dhcp_is_meant_so() -> None:
    found = judged(NO_OFFER, network=replace(NETWORK, dhcp_ranges=()))
    assert found["no-dhcp-server"].status is Status.INFO


@pytest.mark.parametrize(
    ("step", "outcome", "check", "status"),
    [
        (Step.PING, Outcome.SILENT, "gateway-silent", Status.WARNING),
        (Step.DNS, Outcome.SILENT, "dns-silent", Status.BROKEN),
        (Step.DNS, Outcome.REFUSED, "dns-silent", Status.BROKEN),
        (Step.DNS, Outcome.PARTLY, "dns-silent", Status.INFO),
        (Step.TCP, Outcome.UNREACHABLE, "no-way-out", Status.WARNING),
    ],
)
def test_how_far_the_probe_gets(step: Step, outcome: Outcome, check: str, status: Status) -> None:
    made = tuple(
        replace(each, outcome=outcome) if each.step is step else each for each in GOOD.attempts
    )
    assert outcomes(judged(replace(GOOD, attempts=made))) == {check: status}


def test_a_gateway_that_nobody_is() -> None:
    nobody = (ArpAnswer(address=GATEWAY), ArpAnswer(address=GUEST, macs=(MAC,)))
    found = judged(replace(GOOD, arp=nobody))["gateway-silent"]
    assert found.status is Status.BROKEN
    assert found.cause == "nobody has 10.0.0.1, which DHCP names as the gateway"


def test_it_is_the_guest() -> None:
    """Where the probe gets somewhere, and nobody answers for the guest's address."""
    silent = (ArpAnswer(address=GUEST), *GOOD.arp[1:])
    found = judged(replace(GOOD, arp=silent))["guest-itself"]
    assert found.status is Status.BROKEN
    assert found.cause.endswith("nobody answers for 10.0.0.5, the guest's address: it is the guest")
    assert found.owner == "the guest of domain web1"
    mute = judged(GOOD, agent=None, nic={"tx_packets": 0})["guest-itself"]
    assert mute.status is Status.BROKEN
    assert "not sent a single frame" in mute.cause


def test_where_nothing_is_known_of_the_guest_nothing_is_said_of_it() -> None:
    silent = replace(GOOD, arp=GOOD.arp[1:])
    assert outcomes(judged(silent, agent=None)) == {
        "duplicate-address": Status.NOT_CHECKED,
        "guest-itself": Status.NOT_CHECKED,
    }


def test_what_the_guest_answers_for_is_its_own() -> None:
    """Whatever is known of its addresses."""
    assert outcomes(judged(GOOD, agent=None)) == {}
    others = replace(GOOD, arp=(ArpAnswer(address=GUEST, macs=(STRANGER, MAC)),))
    found = judged(others, agent=None)["duplicate-address"]
    assert found.status is Status.BROKEN


def test_a_nic_on_no_bridge_has_no_such_check() -> None:
    assert judged(GOOD, nic={"live": None}) == {}


def test_a_tap_that_is_not_plugged_is_no_place() -> None:
    facts = replace(FACTS, links=(replace(TAP, port=None), BRIDGE), probes=())
    subject = Subject(facts=facts, domain=WEB1, nic=WEB1.nics[0])
    found = [judge(row, subject) for row in ROWS]
    assert {each and each.cause for each in found} == {
        "a probe cannot stand where the nic is: its tap is on no bridge"
    }
    subject = Subject(
        facts=replace(facts, switches=frozenset({"virbr1"})), domain=WEB1, nic=WEB1.nics[0]
    )
    found = [judge(row, subject) for row in ROWS]
    assert {each and each.cause for each in found} == {
        "a probe cannot stand on Open vSwitch, which would keep its port"
    }


def test_where_dhcp_names_no_gateway_nothing_leads_out_and_that_is_meant() -> None:
    alone = replace(GOOD, offers=(replace(OFFER, routers=()),), attempts=GOOD.attempts[1:])
    assert outcomes(judged(alone)) == {"gateway-silent": Status.INFO, "no-way-out": Status.INFO}


def test_a_guest_that_answers_needs_no_dhcp_on_a_plain_bridge() -> None:
    nic = WEB1.nics[0].nic
    plain = replace(nic, source=Source(Mode.BRIDGE, "virbr1"))
    office = replace(NETWORK, bridge="virbr2")
    found = judged(NO_OFFER, network=office, agent=None, nic={"live": plain, "config": plain})
    assert found["no-dhcp-server"].status is Status.WARNING


def test_no_dns_server_where_dns_is_off() -> None:
    silent = replace(GOOD, attempts=tuple(each for each in GOOD.attempts if each.step != Step.DNS))
    assert judged(silent)["dns-silent"].cause == "DHCP names no DNS server"
    found = judged(silent, network=replace(NETWORK, dns=False))["dns-silent"]
    assert (found.status, found.cause) == (
        Status.INFO,
        "DHCP names no DNS server: its network's DNS is off",
    )
