"""Specs: what is found, adopted, made, left alone and taken away. Documents in, writes out."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import (
    CONFIG,
    LINKS,
    LIVE,
    TEMPLATES,
    domain,
    domain_xml,
    network,
    nic_xml,
    observed,
)
from vnetmgr.errors import ExitCode
from vnetmgr.model.desired import Desired, NicWant, Policy, SpecScope
from vnetmgr.model.domain import Hold, SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import Network, NetworkMode, SeenNetwork
from vnetmgr.model.network_want import AddressWant, NetworkPatch, NetworkWant
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.model.plan import Action, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import (
    AttachDevice,
    DetachDevice,
    ReplugTaps,
    UnplugPort,
    UpdateDevice,
    UpdateNetwork,
)
from vnetmgr.planner import make_plan, scope_of
from vnetmgr.problem import Place

MAC = "52:54:00:00:00:01"


def nic(name: str = "lan", *, of: str = "vm1", **options: str) -> NicWant:
    """A nic of a spec, at spec.yaml:3:5."""
    patch = build_patch({"bridge": "br0", **options}, source_needed=True)
    return NicWant(
        domain=of,
        intent=Intent.PRESENT,
        patch=patch,
        spec_name=name,
        template=TEMPLATES["bridge"],
        origin=Place("spec.yaml", 3, 5),
    )


def desired(*nics: NicWant, **more: object) -> Desired:
    """A spec with these nics."""
    names = dict.fromkeys(want.domain for want in nics) or {"vm1": None}
    scope = SpecScope(domains=tuple((name, Place("spec.yaml", 1, 1)) for name in names), **more)  # type: ignore[arg-type]  # as given
    return Desired(nics=nics, spec=scope)


def planned(host: Observed, wanted: Desired, *allow: str) -> Plan:
    return make_plan(wanted, host, Policy(allow=frozenset(allow)))


def writes(plan: Plan) -> list[object]:
    return [op.do for step in plan.steps for op in step.ops]


def off(*nics: str, **more: object) -> SeenDomain:
    return domain(domain_xml(*nics), **more)  # type: ignore[arg-type]  # as given


def test_a_new_nic_is_made_and_owned() -> None:
    (attach,) = writes(planned(observed(off()), desired(nic(model="e1000"))))
    assert isinstance(attach, AttachDevice)
    assert 'alias name="ua-vnetmgr-lan"' in attach.xml
    assert attach.state is CONFIG


def test_its_mac_is_always_the_same() -> None:
    first, second = (writes(planned(observed(off()), desired(nic()))) for _ in range(2))
    assert first == second
    assert "52:54:00:" in str(first)


@pytest.mark.parametrize(
    ("present", "want"),
    [
        (nic_xml("vnetmgr-lan"), nic()),
        (nic_xml("lan"), nic()),
        (nic_xml("other"), nic(mac=MAC)),
        (nic_xml(None), nic(mac=MAC, model="virtio")),
    ],
    ids=["owned alias", "plain alias", "MAC", "MAC without a name"],
)
def test_what_is_found_is_adopted_as_it_is(present: str, want: NicWant) -> None:
    plan = planned(observed(off(present)), desired(want))
    assert (plan.steps, plan.errors, plan.waiting) == ((), (), ())


def test_only_the_fields_of_the_spec_are_managed() -> None:
    present = nic_xml("lan", extra="<mtu size='1400'/><filterref filter='clean-traffic'/>")
    (update,) = writes(planned(observed(off(present)), desired(nic(mtu="9000"))))
    assert isinstance(update, UpdateDevice)
    assert '<mtu size="9000"/>' in update.xml
    assert "clean-traffic" in update.xml
    assert "ua-lan" in update.xml


def test_matches_that_disagree_are_refused_with_their_place() -> None:
    both = (nic_xml("lan", mac="52:54:00:00:00:02"), nic_xml("x", bus=2))
    plan = planned(observed(off(*both)), desired(nic(mac=MAC)))
    (error,) = plan.errors
    assert error.exit_code == ExitCode.REFUSED
    assert error.message.startswith("spec.yaml:3:5: domain vm1: nic lan of the spec could be")
    assert plan.steps == ()


def test_one_that_is_broken_holds_up_no_other() -> None:
    plan = planned(observed(off()), desired(nic("a", bridge="br7"), nic("b")))
    assert [change.name for change in plan.changes] == ["b"]
    assert ["br7" in error.message for error in plan.errors] == [True]


def test_a_nic_that_was_unplugged_comes_back() -> None:
    running = domain(domain_xml(nic_xml("lan")), domain_xml())
    (attach,) = writes(planned(observed(running), desired(nic())))
    assert isinstance(attach, AttachDevice)
    assert attach.state is LIVE
    assert MAC in attach.xml


def test_without_a_free_slot_it_waits_in_the_config() -> None:
    running = domain(domain_xml(ports=0), domain_xml(ports=0))
    plan = planned(observed(running), desired(nic()))
    (attach,) = writes(plan)
    assert isinstance(attach, AttachDevice)
    assert attach.state is CONFIG
    assert [change.name for change in plan.waiting] == ["lan"]
    # The next run finds it there, and is silent.
    again = domain(domain_xml(nic_xml("vnetmgr-lan"), ports=0), domain_xml(ports=0))
    plan = planned(observed(again), desired(nic()))
    assert (plan.steps, plan.errors) == ((), ())
    assert [change.name for change in plan.waiting] == ["lan"]


def test_a_tap_on_the_wrong_bridge_is_plugged_in_again() -> None:
    live = nic_xml("lan", source="<source bridge='br1'/>", target="vnet7")
    config = nic_xml("lan", source="<source bridge='br1'/>")
    running = domain(domain_xml(config), domain_xml(live))
    plan = planned(observed(running), desired(nic(bridge="br1")))  # LINKS has vnet7 on br0
    unplug, replug = writes(plan)
    assert unplug == UnplugPort(bridge="br0", port="vnet7")
    assert isinstance(replug, ReplugTaps)
    assert [change.action for change in plan.changes] == [Action.REPAIR]
    right = replace(LINKS, ports={"vnet7": "br1"})
    assert planned(replace(observed(running), links=right), desired(nic(bridge="br1"))).steps == ()


def test_a_domain_that_is_not_here() -> None:
    plan = planned(observed(off()), desired(nic(of="elsewhere"), nic()))
    assert len(plan.changes) == 1
    assert plan.notes == ("domain elsewhere is not on this host: skipped",)
    strict = planned(observed(off()), desired(nic(of="elsewhere"), nic(), strict=True))
    assert [error.message for error in strict.errors] == [
        "spec.yaml:1:1: domain elsewhere is not on this host"
    ]
    assert len(strict.changes) == 1


HELD = [
    (Hold(nic=None, until_s=200), True),
    (Hold(nic="lan", until_s=200), True),
    (Hold(nic=MAC, until_s=200), True),
    (Hold(nic="wan", until_s=200), False),
    (Hold(nic=None, until_s=100), False),
]


@pytest.mark.parametrize(("hold", "stays"), HELD)
def test_a_hold_keeps_the_spec_away_until_it_runs_out(hold: Hold, stays: bool) -> None:  # noqa: FBT001
    seen = replace(off(nic_xml("lan")), holds=(hold,))
    host = replace(observed(seen), now_s=100.5)
    plan = planned(host, desired(nic(mtu="9000")))
    assert bool(plan.steps) is not stays
    assert bool(plan.notes) is stays


def test_prune_takes_owned_ones_that_are_not_named() -> None:
    mine, plain = nic_xml("vnetmgr-old", bus=2, mac="52:54:00:00:00:02"), nic_xml("lan")
    foreign = nic_xml("other", bus=3, mac="52:54:00:00:00:03")
    host = observed(off(plain, mine, foreign))
    for wanted in (
        desired(nic(), prune_domains=frozenset({"vm1"})),
        desired(nic(), prune_all=True),
    ):
        (detach,) = writes(planned(host, wanted))
        assert isinstance(detach, DetachDevice)
        assert "ua-vnetmgr-old" in detach.xml
    assert planned(host, desired(nic())).steps == ()
    assert planned(host, desired(nic(), prune_domains=frozenset({"vm2"}))).steps == ()
    kept = desired(nic(), nic("old"), prune_all=True)
    assert planned(host, kept).steps == ()


def owned_network(name: str) -> SeenNetwork:
    document = f"<network><name>{name}</name></network>"
    value = Network(name=name, mode=NetworkMode.ISOLATED, owned=True)
    return SeenNetwork(key=name, autostart=False, config=value, config_xml=document)


def test_prune_takes_owned_networks() -> None:
    host = observed(off(), networks=(owned_network("old"), network("default")))
    plan = planned(host, desired(prune_all=True))
    assert [(change.action, change.name) for change in plan.changes] == [(Action.DELETE, "old")]
    assert planned(host, desired()).steps == ()


LAB = """<network><name>lab</name><forward mode='nat'/><bridge name='virbr5'/>
  <ip address='10.5.0.1' prefix='24'><dhcp><range start='10.5.0.2' end='10.5.0.9'/></dhcp></ip>
</network>"""


def lab(document: str = LAB) -> SeenNetwork:
    from vnetmgr.libvirt_xml.networks.read import read_network

    value = read_network(document)
    return SeenNetwork(
        key="lab",
        autostart=True,
        config=value,
        live=value,
        config_xml=document,
        live_xml=document,
    )


def test_the_address_of_a_nic_that_is_made_in_the_same_plan() -> None:
    from ipaddress import ip_address

    want = replace(
        nic(),
        patch=build_patch({"network": "lab"}, source_needed=True),
        template=TEMPLATES["network"],
    )
    address = AddressWant(
        network="lab",
        intent=Intent.PRESENT,
        domain="vm1",
        nic="lan",
        address=ip_address("10.5.0.20"),
    )
    wanted = replace(desired(want), addresses=(address,))
    reserve, attach = writes(planned(observed(off(), networks=(lab(),)), wanted))
    assert isinstance(reserve, UpdateNetwork)
    assert isinstance(attach, AttachDevice)
    mac = attach.xml.partition('mac address="')[2][:17]
    assert f'mac="{Mac(mac)}"' in reserve.xml
    assert 'ip="10.5.0.20"' in reserve.xml


def test_a_network_that_needs_a_restart_is_refused_alone() -> None:
    patch = NetworkPatch(mtu=1400)
    want = NetworkWant(
        name="lab", intent=Intent.PRESENT, patch=patch, guests=True, origin=Place("spec.yaml", 2, 3)
    )
    wanted = replace(desired(nic()), networks=(want,))
    host = observed(off(), networks=(lab(),))
    plan = planned(host, wanted)
    assert [change.object for change in plan.changes] == ["nic"]
    (error,) = plan.errors
    assert error.exit_code == ExitCode.REFUSED
    assert "spec.yaml:2:3: network lab: mtu - -> 1400" in error.message
    assert [change.object for change in planned(host, wanted, "restart").changes] == [
        "network",
        "nic",
    ]


def test_the_only_nic_of_a_running_domain_is_marked() -> None:
    config, live = nic_xml("lan"), nic_xml("lan", target="vnet7")
    running = domain(domain_xml(config), domain_xml(live))
    (change,) = planned(observed(running), desired(nic(link="down"))).changes
    assert change.risk == "the only nic of vm1, which runs"


def test_a_scope_names_the_domains_as_optional() -> None:
    scope = scope_of(desired(nic(), nic(of="vm2")))
    assert scope.optional_domains == ("vm1", "vm2")
    assert scope.domains == ()
    assert not scope.all_domains
    assert scope_of(desired(prune_all=True)).all_domains


def test_one_that_cannot_be_told_apart_is_not_pruned() -> None:
    mine = nic_xml("vnetmgr-lan", bus=2, mac="52:54:00:00:00:02")
    host = observed(off(nic_xml("x"), mine))
    plan = planned(host, desired(nic(mac=MAC), prune_all=True))
    assert plan.steps == ()
    assert len(plan.errors) == 1


def test_the_address_of_a_nic_that_is_elsewhere_stays_in_a_complete_list() -> None:
    from ipaddress import ip_address

    document = LAB.replace("<range", f"<host mac='{MAC}' ip='10.5.0.20'/><range")
    address = AddressWant(
        network="lab",
        intent=Intent.PRESENT,
        domain="elsewhere",
        nic="lan",
        address=ip_address("10.5.0.20"),
    )
    network_want = NetworkWant(
        name="lab", intent=Intent.PRESENT, patch=NetworkPatch(reservations=()), guests=True
    )
    wanted = replace(desired(nic(of="elsewhere")), addresses=(address,), networks=(network_want,))
    plan = planned(observed(off(), networks=(lab(document),)), wanted)
    assert (plan.steps, plan.errors) == ((), ())


class TestANicOnTheSameSource:
    """One that the spec does not name may be the one that it means."""

    UNNAMED = nic_xml(None, mac="52:54:00:00:00:21")
    OTHER = nic_xml("wan", mac="52:54:00:00:00:22", bus=2, source="<source bridge='br1'/>")
    THIRD = nic_xml("own", mac="52:54:00:00:00:23", bus=3)

    def by_source(self, want: NicWant) -> NicWant:
        return replace(want, by_source=True)

    def test_is_named_where_a_new_one_comes_beside_it(self) -> None:
        made = planned(observed(off(self.UNNAMED, self.OTHER)), desired(nic("lan")))
        assert isinstance(writes(made)[0], AttachDevice)
        (note,) = made.notes
        for part in ("52:54:00:00:00:21", "export vm1", "match: source"):
            assert part in note
        assert "52:54:00:00:00:22" not in note

    def test_is_not_where_the_spec_means_it(self) -> None:
        wanted = desired(nic("first", mac="52:54:00:00:00:21"), nic("lan"))
        assert planned(observed(off(self.UNNAMED)), wanted).notes == ()

    def test_is_adopted_where_the_spec_says_so(self) -> None:
        wanted = desired(self.by_source(nic("lan", inbound="8mbit")))
        made = planned(observed(off(self.UNNAMED, self.OTHER)), wanted)
        (update,) = writes(made)
        assert isinstance(update, UpdateDevice)
        assert "52:54:00:00:00:21" in update.xml
        assert "alias" not in update.xml
        assert made.notes == ()

    def test_and_made_where_there_is_none(self) -> None:
        wanted = desired(self.by_source(nic("lan")))
        assert isinstance(writes(planned(observed(off(self.OTHER)), wanted))[0], AttachDevice)

    @pytest.mark.parametrize(
        ("here", "names"), [((UNNAMED, THIRD), ("lan",)), ((UNNAMED,), ("lan", "another"))]
    )
    def test_nothing_is_guessed(self, here: tuple[str, ...], names: tuple[str, ...]) -> None:
        wanted = desired(*(self.by_source(nic(name)) for name in names))
        made = planned(observed(off(*here)), wanted)
        assert made.steps == ()
        assert {error.exit_code for error in made.errors} == {ExitCode.REFUSED}

    def test_one_that_another_want_means_is_no_candidate(self) -> None:
        wanted = desired(self.by_source(nic("lan", inbound="8mbit")), nic("own"))
        made = planned(observed(off(self.UNNAMED, self.THIRD)), wanted)
        (update,) = writes(made)
        assert isinstance(update, UpdateDevice)
        assert "52:54:00:00:00:21" in update.xml
