"""Port forwards by passt: in the config at once, live by a re-plug or at the next start."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import (
    CONFIG,
    LIVE,
    TEMPLATES,
    UUID,
    domain,
    domain_xml,
    nic_xml,
    observed,
    want,
)
from vnetmgr.errors import RefusedError
from vnetmgr.model.desired import Desired, NicWant, Policy, SpecScope
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.forward import Forward, ForwardKey, ForwardsWant, ForwardWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.forwards import build_forward
from vnetmgr.model.plan import Action, Disruption, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features
from vnetmgr.model.writes import AttachDevice, DetachDevice, SetMetadata, UpdateDevice
from vnetmgr.planner import make_plan
from vnetmgr.problem import Place

WEB = replace(build_forward("8080:80", {}), nic="net")
RANGE = "<portForward proto='tcp'><range start='8080' to='80'/></portForward>"


def document(inside: str = "") -> str:
    """A domain with a nic of passt's."""
    source = "<backend type='passt'/>" + inside
    return domain_xml(nic_xml("net", kind="user", source=source))


def seen(config: str = "", live: str | None = "", *forwards: Forward) -> SeenDomain:
    """The domain, with what its nic has in either state; None: it is off."""
    running = None if live is None else document(live)
    return domain(document(config), running, stamp=UUID, forwards=forwards)


def plan(of: SeenDomain, want: ForwardWant | None, *allow: str) -> Plan:
    """What is planned for a want, or by reconcile."""
    desired = (
        Desired(spec=SpecScope(domains=(("vm1", None),)))
        if want is None
        else Desired(forwards=(want,))
    )
    return make_plan(desired, observed(of), Policy(allow=frozenset(allow)))


def adding(text: str = "8080:80", **options: list[str]) -> ForwardWant:
    """add-forward."""
    return ForwardWant(domain="vm1", intent=Intent.CREATE, forward=build_forward(text, options))


REMOVING = ForwardWant(
    domain="vm1", intent=Intent.REMOVE, key=ForwardKey(protocol=None, listen=None, host_port=8080)
)


def kinds(planned: Plan) -> list[type]:
    """The writes, in order."""
    return [type(op.do) for step in planned.steps for op in step.ops]


def test_the_config_has_it_at_once_and_the_running_nic_waits() -> None:
    planned = plan(seen(), adding())
    assert kinds(planned) == [SetMetadata, UpdateDevice]
    (change,) = planned.changes
    assert (change.action, change.scope) == (Action.CREATE, (CONFIG,))
    (waiting,) = planned.waiting
    assert (waiting.name, waiting.disruption) == ("8080/tcp", Disruption.NEXT_START)
    update = planned.steps[0].ops[1].do
    assert isinstance(update, UpdateDevice)
    assert update.state is CONFIG
    assert 'start="8080"' in update.xml


def test_allowed_a_replug_makes_it_live() -> None:
    planned = plan(seen(), adding(), "replug")
    assert kinds(planned) == [SetMetadata, UpdateDevice, DetachDevice, AttachDevice]
    (change,) = planned.changes
    assert (change.scope, change.disruption) == ((CONFIG, LIVE), Disruption.REPLUG)
    assert not planned.waiting


def test_a_domain_that_is_off_has_nothing_to_wait_for() -> None:
    planned = plan(seen("", None), adding())
    assert kinds(planned) == [SetMetadata, UpdateDevice]
    assert not planned.waiting


def test_a_removal_is_the_same_the_other_way_round() -> None:
    there = seen(RANGE, RANGE, WEB)
    assert kinds(plan(there, REMOVING)) == [UpdateDevice, SetMetadata]
    assert [each.name for each in plan(there, REMOVING).waiting] == ["8080/tcp"]
    planned = plan(there, REMOVING, "replug")
    assert kinds(planned) == [UpdateDevice, DetachDevice, AttachDevice, SetMetadata]
    attach = planned.steps[0].ops[-2].do
    assert isinstance(attach, AttachDevice)
    assert "portForward" not in attach.xml


def test_reconcile_repairs_what_the_config_has_lost_and_leaves_alone_what_is_there() -> None:
    assert not plan(seen(RANGE, RANGE, WEB), None).steps
    lost = plan(seen("", RANGE, WEB), None)
    assert kinds(lost) == [UpdateDevice]
    assert [(each.action, each.scope) for each in lost.changes] == [(Action.REPAIR, (CONFIG,))]
    waits = plan(seen(RANGE, "", WEB), None)
    assert not waits.steps
    assert len(waits.waiting) == 1
    assert kinds(plan(seen(RANGE, "", WEB), None, "replug")) == [DetachDevice, AttachDevice]


NEW = {"user": "yes", "name": "net", "extra": "backend.type=passt"}


def writes(planned: Plan) -> list[AttachDevice | UpdateDevice]:
    """What is done to the nic, in order."""
    found = [op.do for step in planned.steps for op in step.ops]
    return [each for each in found if isinstance(each, AttachDevice | UpdateDevice)]


def with_nic(of: SeenDomain, nic: NicWant, *allow: str, spec: bool) -> Plan:
    """What is planned for a nic and its forward, by one command or by a spec."""
    desired = Desired(nics=(nic,), forwards=(adding(),))
    if spec:
        listed = ForwardsWant(domain="vm1", forwards=((WEB, Place("s.yaml", 1, 1)),))
        desired = Desired(
            nics=(replace(nic, intent=Intent.PRESENT, spec_name="net"),),
            forwards=(listed,),
            spec=SpecScope(domains=(("vm1", None),)),
        )
    planned = make_plan(desired, observed(of, templates=TEMPLATES), Policy(allow=frozenset(allow)))
    assert not planned.errors
    return planned


@pytest.mark.parametrize("spec", [False, True])
@pytest.mark.parametrize("live", [domain_xml(), None])
def test_a_new_nic_brings_its_forward(live: str | None, spec: bool) -> None:  # noqa: FBT001
    states = (CONFIG,) if live is None else (LIVE, CONFIG)
    planned = with_nic(domain(domain_xml(), live), want(Intent.CREATE, **NEW), spec=spec)
    assert [write.state for write in writes(planned)] == list(states)
    for write in writes(planned):
        assert isinstance(write, AttachDevice)
        assert 'start="8080"' in write.xml
    changes = {str(each.object): each for each in planned.changes}
    assert changes["forward"].scope == tuple(reversed(states))
    assert changes["forward"].disruption is Disruption.NONE
    assert kinds(planned)[-1] is SetMetadata
    assert not planned.waiting
    assert {step.group for step in planned.steps} == {"vm1"}


def test_a_nic_that_becomes_passt_s_has_its_forward_in_both_states() -> None:
    slirp = domain_xml(nic_xml("net", kind="user", source=""))
    nic = want(Intent.PRESENT, extra="backend.type=passt")
    planned = with_nic(domain(slirp, slirp), nic, "replug", spec=True)
    plug, config = writes(planned)
    assert isinstance(plug, AttachDevice)
    assert isinstance(config, UpdateDevice)
    for write in (plug, config):
        assert "passt" in write.xml
        assert 'start="8080"' in write.xml


def test_a_nic_that_goes_is_not_written_again() -> None:
    there = seen(RANGE, RANGE, WEB)
    nic = replace(there.nics[0].any, owned=True)
    there = replace(there, nics=(replace(there.nics[0], config=nic, live=nic),))
    none = ForwardsWant(domain="vm1", forwards=())
    spec = SpecScope(domains=(("vm1", None),), prune_domains=frozenset({"vm1"}))
    planned = make_plan(Desired(forwards=(none,), spec=spec), observed(there), Policy())
    assert kinds(planned) == [DetachDevice, DetachDevice, SetMetadata]
    assert not planned.errors
    assert not planned.waiting


def test_what_plugs_in_no_nic_brings_no_forward() -> None:
    nic = want(Intent.CREATE, **NEW)
    host = observed(
        domain(domain_xml()), templates=TEMPLATES, features=Features(device_calls=False)
    )
    with pytest.raises(RefusedError, match="plugs in no nic"):
        make_plan(Desired(nics=(nic,), forwards=(adding(),)), host, Policy())


def test_passt_listens_on_ipv6_and_takes_everybody() -> None:
    assert kinds(plan(seen(), adding("[fd00::1]:8080:80"))) == [SetMetadata, UpdateDevice]
    with pytest.raises(RefusedError, match="allow_from cannot be done"):
        plan(seen(), adding(allow_from=["10.0.0.0/8"]))
    with pytest.raises(RefusedError, match="the host's own address"):
        plan(seen(), adding(guest_address=["10.0.0.2"]))
