"""What forwards depend on changes under them: nics go, move, are renamed; addresses change."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from tests.unit.planner.builders import domain as build_domain
from tests.unit.planner.builders import domain_xml, nic_xml
from tests.unit.planner.forwards.builders import (
    MAC,
    MAC2,
    add,
    applied,
    document,
    forward,
    forwarded,
    host,
    leads,
    on_lab,
    planned,
    remove,
    reserved,
    vm,
    writes,
)
from tests.unit.planner.networks.builders import lab
from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.metadata import read_forwards
from vnetmgr.listings.forwards import listing_of
from vnetmgr.model.desired import Desired, NicWant, Policy, SpecScope
from vnetmgr.model.dhcp import Lease
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import AddressWant
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import SetMetadata, SetRules, UpdateNetwork
from vnetmgr.planner import make_plan
from vnetmgr.planner.forwards.claims import settle_claims

if TYPE_CHECKING:
    from vnetmgr.model.seen.observed import Observed

WEB, TALK = forward("8080:80"), forward("9090:90", nic="talk")
NETWORK = document(reserved("10.0.0.100") + reserved("10.0.0.101", MAC2))
TWO = (on_lab(), on_lab("talk", mac=MAC2, bus=2))


def two(*, running: bool = False) -> Observed:
    """A domain with two nics, a forward to each, and their rules."""
    there = host(vm(nics=TWO, running=running), network=NETWORK)
    for each in (WEB, TALK):
        want = replace(add("1:1"), forward=each)
        there = applied(there, planned(there, want))
    return there


def nic_planned(there: Observed, intent: Intent, **patch: object) -> Plan:
    """The plan of detach-nic or update-nic, for nic lan."""
    want = NicWant(domain="vm1", nic="lan", intent=intent, patch=NicPatch(**patch))  # type: ignore[arg-type]
    return make_plan(Desired(nics=(want,)), there, Policy())


def reconciled(there: Observed) -> Plan:
    return make_plan(Desired(spec=SpecScope()), there, Policy())


def test_a_nic_that_goes_takes_its_rules_along_and_no_others() -> None:
    there = two()
    plan = nic_planned(there, Intent.REMOVE)
    assert leads(plan) == ["* 9090/tcp 10.0.0.101 90"]
    assert not [each for each in writes(plan) if isinstance(each, SetMetadata)]
    (note,) = [each for each in plan.notes if "leads nowhere" in each]
    assert "forward vm1/8080/tcp" in note
    assert "vnetmgr remove-forward vm1 8080/tcp" in note


def gone() -> Observed:
    """The domain without nic lan, and with the forward that led there."""
    there = two()
    (domain,) = there.domains
    return replace(there, domains=(replace(domain, nics=domain.nics[1:]),))


def test_an_orphan_blocks_nothing() -> None:
    there = applied(gone(), reconciled(gone()))
    assert [rule.host_port for rule in there.rules.rules] == [9090] if there.rules else False
    again = reconciled(there)
    assert (again.steps, again.errors) == ((), ())
    assert leads(planned(there, remove("9090"))) == []
    assert leads(planned(there, add("7070:70", nic="talk")))[1:] == ["* 7070/tcp 10.0.0.101 70"]
    (told,) = [w for w in writes(planned(there, remove("8080"))) if isinstance(w, SetMetadata)]
    assert read_forwards(told.xml) == (TALK,)


def test_a_nic_that_moves_to_a_bridge_is_one() -> None:
    plan = nic_planned(two(), Intent.UPDATE, source=Source(Mode.BRIDGE, "br0"))
    assert leads(plan) == ["* 9090/tcp 10.0.0.101 90"]
    assert [each for each in plan.notes if "on bridge br0" in each]
    moved = host(vm(WEB, TALK, nics=(nic_xml("lan", mac=MAC), TWO[1])), network=NETWORK)
    plan = reconciled(moved)
    assert (leads(plan), plan.errors) == (["* 9090/tcp 10.0.0.101 90"], ())


def test_a_nic_that_is_renamed_keeps_them() -> None:
    plan = nic_planned(two(), Intent.UPDATE, name="front")
    (told,) = [each for each in writes(plan) if isinstance(each, SetMetadata)]
    assert read_forwards(told.xml) == (replace(WEB, nic="front"), TALK)
    assert not any("leads nowhere" in note for note in plan.notes)


SECOND = document(reserved("10.9.0.100")).replace("<name>lab<", "<name>dmz<")
SECOND = SECOND.replace("virbr7", "virbr9").replace("10.0.0.", "10.9.0.")


def apart(*, config: str, live: str) -> Observed:
    """A host with two networks, and a running nic with a forward that is on one of them now and on
    one at its next start; the rules lead into the first."""
    there = forwarded(WEB)
    (here,) = there.networks
    other = replace(lab(SECOND, SECOND), key="dmz")
    documents = [
        domain_xml(
            nic_xml("lan", mac=MAC, kind="network", source=f"<source network='{name}'{bridge}/>")
        )
        for name, bridge in ((config, ""), (live, f" bridge='{BRIDGES[live]}'"))
    ]
    (domain,) = there.domains
    running = build_domain(documents[0], documents[1].replace("<domain ", "<domain id='1' "))
    return replace(
        there,
        networks=(here, other),
        domains=(replace(running, **_data(domain)),),
    )


BRIDGES = {"lab": "virbr7", "dmz": "virbr9"}


@pytest.mark.parametrize(
    ("config", "live", "where"),
    [
        ("lab", "lab", []),
        ("dmz", "lab", []),  # until its next start
        ("lab", "dmz", ["* 8080/tcp 10.9.0.100 80"]),  # moved by hand, live alone
        ("dmz", "dmz", ["* 8080/tcp 10.9.0.100 80"]),
    ],
)
def test_rules_lead_to_where_the_guest_runs(config: str, live: str, where: list[str]) -> None:
    there = apart(config=config, live=live)
    plan = reconciled(there)
    assert (leads(plan), plan.errors) == (where, ())
    chosen = [(there.domains[0], WEB)]
    before = listing_of(there, chosen).rows[0]
    after = listing_of(applied(there, plan), chosen).rows[0]
    assert (before.active, after.active) == (not where, True)
    elsewhere = (
        "its nic lan is on virbr9 now, and its rules lead into virbr7: vnetmgr reconcile has them "
        "follow"
    )
    assert (elsewhere in before.problems) is bool(where)


def test_the_address_where_a_guest_runs_until_its_next_start_is_not_given_back() -> None:
    with pytest.raises(RefusedError, match=r"8080/tcp of this host leads to") as caught:
        address(apart(config="dmz", live="lab"), None, Intent.REMOVE, nic=MAC)
    assert caught.value.hint == "take that away first: vnetmgr remove-forward vm1 8080/tcp"


@pytest.mark.parametrize("state", list(State))
def test_a_move_in_one_state(state: State) -> None:
    there = apart(config="lab", live="lab")
    patch = NicPatch(source=Source(Mode.NETWORK, "dmz"))
    states = frozenset({state})
    want = NicWant(domain="vm1", nic="lan", intent=Intent.UPDATE, patch=patch, states=states)
    plan = make_plan(Desired(nics=(want,)), there, Policy())
    assert leads(plan) == (["* 8080/tcp 10.9.0.100 80"] if state is State.LIVE else [])
    assert plan.steps


def lease(address: str, mac: str = MAC) -> Lease:
    return Lease(network="lab", address=ip_address(address), prefix=24, mac=Mac.parse(mac))


def address(
    there: Observed, what: str | None, intent: Intent = Intent.CREATE, nic: str = "lan"
) -> Plan:
    """The plan of reserve-address or release-address, for a nic."""
    given = ip_address(what) if what else None
    want = AddressWant(network="lab", intent=intent, domain="vm1", nic=nic, address=given)
    return make_plan(Desired(addresses=(want,)), settle_claims(there), Policy())


def test_rules_follow_another_reservation_of_one_that_is_off() -> None:
    plan = address(forwarded(WEB), "10.0.0.120")
    assert [type(each) for each in writes(plan)] == [UpdateNetwork, SetRules]
    assert leads(plan) == ["* 8080/tcp 10.0.0.120 80"]


def test_rules_lead_to_what_the_guest_has_until_it_has_another() -> None:
    there = forwarded(WEB)
    (domain,) = there.domains
    running = replace(there, domains=(replace(vm(running=True), **_data(domain)),))
    running = replace(running, leases=(lease("10.0.0.100"),))
    plan = address(running, "10.0.0.120")
    assert leads(plan) == []
    assert any("leads to 10.0.0.100 until the guest has 10.0.0.120" in n for n in plan.notes)
    moved = host(*running.domains, network=document(reserved("10.0.0.120")), rules=there.rules)
    for leases, where in (
        ((lease("10.0.0.100"),), []),
        ((lease("10.0.0.120"),), ["* 8080/tcp 10.0.0.120 80"]),
        ((), ["* 8080/tcp 10.0.0.120 80"]),
        ((lease("10.0.0.100"), lease("10.0.0.120")), ["* 8080/tcp 10.0.0.120 80"]),
        ((lease("10.9.0.1"),), ["* 8080/tcp 10.0.0.120 80"]),  # of a subnet of before
        ((lease("10.0.0.100", MAC2),), ["* 8080/tcp 10.0.0.120 80"]),
    ):
        plan = reconciled(replace(moved, leases=leases))
        assert (leads(plan), plan.errors) == (where, ())
        assert not [each for each in writes(plan) if isinstance(each, UpdateNetwork)]


def _data(domain: object) -> dict[str, object]:
    return {key: getattr(domain, key) for key in ("data_xml", "stamp", "forwards")}


def test_an_address_that_a_port_leads_to_is_not_given_back() -> None:
    with pytest.raises(RefusedError, match="forward vm1/8080/tcp leads to the address of vm1/lan"):
        address(forwarded(WEB), None, Intent.REMOVE)
    there = forwarded(WEB)
    (domain,) = there.domains
    unowned = replace(there, domains=(replace(domain, forwards=()),))
    with pytest.raises(RefusedError, match="port 8080/tcp of this host leads to"):
        address(unowned, None, Intent.REMOVE)


def test_a_second_address_for_a_nic_is_refused() -> None:
    there = forwarded(WEB)
    with pytest.raises(RefusedError, match=r"10\.0\.0\.100 is kept for nic lan"):
        planned(there, add("8081:81", guest_address="10.0.0.120"))
    same = planned(there, add("8081:81", guest_address="10.0.0.100"))
    assert leads(same)[1:] == ["* 8081/tcp 10.0.0.100 81"]
    with pytest.raises(RefusedError, match="says that the guest has"):
        address(applied(there, same), "10.0.0.120")
