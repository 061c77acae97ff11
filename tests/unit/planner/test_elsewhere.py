"""A spec's domains on other hosts: what was kept for one that has gone there is taken away, what
is here by its name is left alone, and nothing goes that may still be needed."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.unit.planner.builders import TEMPLATES, UUID, nic_xml
from tests.unit.planner.forwards.builders import (
    MAC,
    MAC2,
    OTHER,
    applied,
    document,
    forward,
    host,
    on_lab,
    reserved,
    vm,
    writes,
)
from tests.unit.planner.networks.builders import writes as written
from vnetmgr.errors import ExitCode
from vnetmgr.model.desired import Desired, Elsewhere, NicWant, Policy, SpecScope
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.forward import ForwardsWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import AddressWant, NetworkPatch, NetworkWant
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import EVERY, Observed
from vnetmgr.model.seen.rules import LiveRules
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import DetachDevice, SetMetadata, SetRules
from vnetmgr.planner import make_plan, scope_of
from vnetmgr.planner.elsewhere import kept_addresses, stale_addresses
from vnetmgr.planner.restrict import Key, restrict
from vnetmgr.problem import Place

ADDRESS = "10.0.0.10"
GONE = [f"config+live: delete ip-dhcp-host 0 <host mac='{MAC2}' ip='{ADDRESS}'/>"]
PLACE = Place("spec.yaml", 7, 3)


def nic(name: str = "lan", network: str = "lab", of: str = "web", **options: str) -> NicWant:
    """A nic of the spec's."""
    return NicWant(
        domain=of,
        intent=Intent.PRESENT,
        patch=build_patch({"network": network, **options}, source_needed=True),
        spec_name=name,
        template=TEMPLATES["network"],
        origin=Place("spec.yaml", 8, 5),
    )


def kept(address: str = ADDRESS, name: str = "lan", network: str = "lab") -> AddressWant:
    """An address that the spec gives to a nic."""
    return AddressWant(
        network=network,
        intent=Intent.PRESENT,
        domain="web",
        nic=name,
        address=ip_address(address),
        origin=Place("spec.yaml", 8, 20),
    )


WEB = Elsewhere(
    name="web",
    host="kvm2",
    origin=PLACE,
    uuid=OTHER,
    macs=(("lan", Mac(MAC2)),),
    nics=(nic(),),
    addresses=(kept(),),
)
"""It has gone to kvm2, where it has been seen."""


def desired(*elsewhere: Elsewhere, **more: object) -> Desired:
    """The part for kvm1 of a spec that has these domains."""
    return Desired(spec=SpecScope(host="kvm1", elsewhere=elsewhere, **more))  # type: ignore[arg-type]  # as given


def planned(there: Observed, wanted: Desired) -> Plan:
    return make_plan(wanted, there, Policy())


def with_reservation(address: str = ADDRESS, mac: str = MAC2) -> Observed:
    return host(network=document(reserved(address, mac)))


def listing(*reservations: Reservation) -> NetworkWant:
    """The network with a list of its own, which is complete."""
    return NetworkWant(
        name="lab",
        intent=Intent.PRESENT,
        patch=NetworkPatch(reservations=reservations or None),
        owned=True,
        guests=True,
        origin=Place("spec.yaml", 3, 3),
    )


def test_what_is_reserved_for_one_that_has_gone_goes() -> None:
    plan = planned(with_reservation(), desired(WEB))
    assert written(plan) == GONE
    note = "domain web is on kvm2: what was reserved for it here is of no use"
    assert (plan.notes, plan.errors) == ((note,), ())
    assert not planned(host(), desired(WEB)).steps


@pytest.mark.parametrize("options", [{}, {"mac": MAC2}], ids=["as seen", "as the spec says"])
def test_another_address_than_the_spec_gives_may_be_kept_by_somebody(
    options: dict[str, str],
) -> None:
    there = with_reservation("10.0.0.77")
    forwards = ForwardsWant(domain="web", forwards=((forward("8080:80"), PLACE),))
    for addresses in ((kept(),), ()):
        gone = replace(WEB, nics=(nic(**options),), addresses=addresses, forwards=forwards)
        assert not planned(there, desired(gone)).steps


def test_a_rule_of_a_domain_that_is_gone_tells_whose_it_was_where_nobody_has_seen_it() -> None:
    web = vm(forward("8080:80"), name="web")
    before = host(web, network=document(reserved(ADDRESS, MAC2)))
    there = replace(
        applied(before, planned(before, desired(domains=(("web", PLACE),)))), domains=()
    )
    unseen = replace(WEB, uuid=None, macs=())
    assert GONE[0] in written(planned(there, desired(unseen)))
    assert not planned(replace(there, rules=LiveRules()), desired(unseen)).steps


def test_an_overlay_keeps_an_address_wherever_its_guest_is() -> None:
    there = with_reservation()
    (lab,) = [seen for seen in there.networks if seen.name == "lab"]
    blue = replace(
        lab,
        **{
            state: replace(getattr(lab, state), mode=NetworkMode.OVERLAY, fleet="default")
            for state in ("config", "live")
        },
    )
    observed = replace(there, networks=(blue,))
    scope = desired(WEB).spec
    assert scope is not None
    assert stale_addresses(scope, there)
    assert not stale_addresses(scope, observed)
    assert list(kept_addresses(scope, observed)) == [kept()]
    assert not list(kept_addresses(scope, there))


def test_the_address_is_free_then_for_one_that_is_here() -> None:
    """web and vm1 have changed places, and addresses."""
    mine = replace(kept(), domain="vm1", nic="lan")
    wanted = replace(
        desired(WEB, domains=(("vm1", PLACE),)), nics=(nic(of="vm1"),), addresses=(mine,)
    )
    plan = planned(with_reservation(), wanted)
    assert [line.partition(" 0 ")[2] for line in written(plan)] == [
        f"<host mac='{MAC2}' ip='{ADDRESS}'/>",
        f"<host mac='{MAC}' ip='{ADDRESS}'/>",
    ]
    assert plan.errors == ()


def test_what_its_forwards_needed_goes_with_its_rules() -> None:
    """No address is given: a forward has had one kept."""
    web = vm(forward("8080:80"), name="web")
    before = host(web, network=document(reserved(ADDRESS, MAC2)))
    tended = desired(domains=(("web", PLACE),))
    there = replace(applied(before, planned(before, tended)), domains=())
    assert isinstance(there.rules, LiveRules)
    assert there.rules.rules
    wanted = ForwardsWant(domain="web", forwards=((forward("8080:80"), PLACE),))
    plan = planned(there, desired(replace(WEB, addresses=(), forwards=wanted)))
    assert GONE[0] in written(plan)
    assert SetRules(uuid=OTHER) in writes(plan)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(WEB, host=None),
        replace(WEB, macs=(), uuid=None),
        replace(WEB, macs=(("lan", Mac("52:54:00:00:00:77")),)),
        replace(WEB, addresses=()),
        replace(WEB, addresses=(kept(network="other"),)),
    ],
    ids=["nobody knows where", "its MAC is not known", "another MAC", "no address", "not here"],
)
def test_what_may_be_anothers_stays(elsewhere: Elsewhere) -> None:
    assert not planned(with_reservation(), desired(elsewhere)).steps


def test_nothing_goes_where_the_spec_could_not_all_be_read() -> None:
    assert not planned(with_reservation(), desired(WEB, incomplete=True)).steps


@pytest.mark.parametrize(
    ("elsewhere", "goes"),
    [
        (replace(WEB, macs=((None, Mac(MAC2)), ("mgmt", Mac(MAC)))), GONE),
        (replace(WEB, macs=(), uuid=None, nics=(nic(mac=MAC2),)), GONE),
        (replace(WEB, macs=(("mgmt", Mac(MAC2)),), nics=(nic(), nic("mgmt"))), []),
        (replace(WEB, addresses=(), forwards=ForwardsWant(domain="web", forwards=())), []),
    ],
    ids=["a nic without a name", "as the spec says", "another nic's", "no forward"],
)
def test_a_nic_is_known_by_name_or_as_the_spec_says(elsewhere: Elsewhere, goes: list[str]) -> None:
    there = replace(with_reservation(), domains=())
    assert written(planned(there, desired(elsewhere))) == goes


def test_a_mac_that_one_here_has_as_well_keeps_its_address() -> None:
    copy = vm(nics=(on_lab("lan", mac=MAC2),))
    assert not planned(host(copy, network=document(reserved(ADDRESS, MAC2))), desired(WEB)).steps


def test_every_domain_is_looked_at_for_that() -> None:
    scope = scope_of(desired(WEB))
    assert (scope.all_domains, scope.networks) == (True, (EVERY,))
    nothing_kept = replace(WEB, addresses=())
    assert not scope_of(desired(nothing_kept)).all_domains
    assert "web" in scope_of(desired(nothing_kept)).optional_domains


LEFT = (
    "domain web is on kvm2, and a migration has left its definition on this host: that is left "
    "alone; `virsh undefine web` there takes it away"
)


@pytest.mark.parametrize(
    ("elsewhere", "note"),
    [
        (WEB, LEFT),
        (
            replace(WEB, uuid=UUID),
            f"domain web is on kvm2; the one of that name on this host is another ({OTHER}), and "
            "is left alone",
        ),
        (
            replace(WEB, uuid=None),
            "domain web is on this host, and the spec has it on kvm2: it is left alone here; "
            "migrate it there, or give it another host in the spec",
        ),
    ],
    ids=["left over", "another", "not there yet"],
)
def test_one_of_that_name_here_is_left_alone_and_named(elsewhere: Elsewhere, note: str) -> None:
    web = vm(forward("8080:80"), name="web", nics=(on_lab("vnetmgr-old", mac=MAC2),))
    there = host(web, network=document(reserved(ADDRESS, MAC2)))
    plan = planned(there, desired(elsewhere, prune_all=True))
    assert plan.notes == (note,)
    assert not [w for w in writes(plan) if isinstance(w, DetachDevice | SetRules | SetMetadata)]
    assert not plan.steps


def test_nobody_is_told_to_undefine_what_runs() -> None:
    plan = planned(host(vm(name="web", running=True)), desired(WEB))
    assert plan.notes == (
        "domain web is meant on kvm2, and is active on this host as well: it is left alone here",
    )


@pytest.mark.parametrize(("part", "goes"), [("kvm1", False), (None, True)])
def test_a_nic_that_may_be_a_copy_of_one_on_another_host_is_not_pruned(
    part: str | None, *, goes: bool
) -> None:
    """Its alias alone says that it was made from a spec, by a version of old; here no other nic
    has it."""
    copy = vm(nics=(on_lab("vnetmgr-lan", mac=MAC2),), stamped=False)
    plan = planned(host(copy), Desired(spec=SpecScope(host=part, prune_all=True)))
    assert any(isinstance(each, DetachDevice) for each in writes(plan)) is goes
    assert any("not pruned" in note for note in plan.notes) is not goes


def test_one_that_nobody_knows_the_place_of_is_left_alone_without_a_word() -> None:
    web = vm(forward("8080:80"), name="web")
    plan = planned(host(web), desired(replace(WEB, host=None), prune_all=True))
    assert (plan.steps, plan.notes, plan.errors) == ((), (), ())


def test_a_list_keeps_what_is_reserved_for_one_that_is_left_alone() -> None:
    left = replace(WEB, host=None)
    wanted = replace(desired(left), networks=(listing(),))
    there = replace(with_reservation(), domains=())
    assert not planned(there, wanted).steps
    gone = planned(there, replace(desired(WEB), networks=(listing(),)))
    assert written(gone) == GONE


@pytest.mark.parametrize(
    "left",
    [WEB, replace(WEB, host=None), replace(WEB, uuid=None), replace(WEB, uuid=UUID)],
    ids=["left over", "not settled", "not there yet", "another"],
)
@pytest.mark.parametrize(
    ("listed", "stays"),
    [
        ((), True),
        ((Reservation(address=ip_address("10.0.0.20"), mac=Mac(MAC)),), True),
        ((Reservation(address=ip_address(ADDRESS), mac=Mac(MAC)),), False),
        ((Reservation(address=ip_address("10.0.0.20"), mac=Mac(MAC2)),), False),
    ],
    ids=["an empty list", "another's", "its address is another's", "it is listed"],
)
def test_a_list_keeps_what_a_forward_needs_of_one_that_is_left_alone(
    left: Elsewhere, listed: tuple[Reservation, ...], *, stays: bool
) -> None:
    """No address is given, which would be kept by itself."""
    web = vm(forward("8080:80"), name="web", nics=(on_lab(mac=MAC2),))
    there = host(web, network=document(reserved(ADDRESS, MAC2)))
    wanted = replace(desired(replace(left, addresses=())), networks=(listing(*listed),))
    taken = [line for line in written(planned(there, wanted)) if MAC2 in line or ADDRESS in line]
    assert (not taken) is stays


def test_a_nic_on_a_network_of_other_hosts_is_a_problem_with_its_place() -> None:
    present = nic_xml("lan", mac=MAC, kind="network", source="<source network='lab'/>")
    there = host(vm(nics=(present,)))
    wanted = replace(
        desired(domains=(("vm1", PLACE),), other_networks=(("lab", ("kvm2", "kvm3")), ("x", ()))),
        nics=(nic(of="vm1"), nic("second", of="vm1", network="x")),
    )
    first, second = planned(there, wanted).errors
    assert (first.exit_code, first.message) == (
        ExitCode.REFUSED,
        "spec.yaml:8:5: nic lan of domain vm1 is to be on network lab, which the spec has for "
        "kvm2, kvm3 alone; the domain is on kvm1",
    )
    assert first.hint == (
        "add kvm1 to the hosts of network lab, or bring the domain to one of those"
    )
    assert "which the spec has for no host; the domain is on kvm1" in second.message


def test_a_part_of_it_is_about_the_same() -> None:
    other = replace(WEB, name="db", nics=(nic("lan", "blue"),), addresses=(kept(network="blue"),))
    whole = desired(WEB, other)
    for key, names in (
        (Key("network", "lab"), ["web"]),
        (Key("network", "blue"), ["db"]),
        (Key("domain", "web"), ["web"]),
        (Key("domain", "vm1"), []),
    ):
        part = restrict(whole, frozenset({key})).spec
        assert part is not None
        assert [each.name for each in part.elsewhere] == names
