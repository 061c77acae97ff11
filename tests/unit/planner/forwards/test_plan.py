"""add-forward and remove-forward: what is written, what is refused, what is there already."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from tests.unit.planner.builders import CONFIG, UUID, nic_xml
from tests.unit.planner.forwards.builders import (
    IPV6,
    MAC,
    MAC2,
    OTHER,
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
from vnetmgr.errors import ExitCode, NotFoundError, RefusedError, VnetError
from vnetmgr.model.forward import ForwardWant, Protocol
from vnetmgr.model.intent import Intent
from vnetmgr.model.plan import Action
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import Listener, Obstacle, Passage, Rule
from vnetmgr.model.writes import SetMetadata, SetRules, UpdateNetwork

WEB = forward("8080:80")


def test_one_is_added() -> None:
    plan = planned(host(), add("8080:80"))
    reserve, metadata, rules = writes(plan)
    assert isinstance(reserve, UpdateNetwork)
    assert (MAC in reserve.xml, "10.0.0.100" in reserve.xml) == (True, True)
    assert isinstance(metadata, SetMetadata)
    assert metadata.states == {CONFIG}
    assert 'host_port="8080" guest_port="80" protocol="tcp" nic="lan"' in (metadata.xml or "")
    rule = Rule(
        domain=UUID,
        mac=MAC,
        bridge="virbr7",
        protocol=Protocol.TCP,
        listen=None,
        host_port=8080,
        guest_address=ip_address("10.0.0.100"),
        guest_port=80,
    )
    passage = Passage(bridge="virbr7", masquerade=(ip_network("10.0.0.0/24"),), accept=(4,))
    assert rules == SetRules(uuid=UUID, rules=(rule,), passages=(passage,))
    assert [(change.object, change.action, change.name) for change in plan.changes] == [
        ("address", Action.CREATE, plan.changes[0].name),
        ("forward", Action.CREATE, "8080/tcp"),
    ]
    assert {step.group for step in plan.steps} == {"vm1"}  # undone together
    assert plan.errors == ()


FORMS = [
    ("8080:80", {}, ["* 8080/tcp 10.0.0.100 80"]),
    ("10.9.0.1:53:53/udp", {}, ["10.9.0.1 53/udp 10.0.0.100 53"]),
    ("0.0.0.0:8080:80", {}, ["* 8080/tcp 10.0.0.100 80"]),
    ("8000-8001:80-81", {}, ["* 8000/tcp 10.0.0.100 80", "* 8001/tcp 10.0.0.100 81"]),
    ("8080:80", {"guest_address": "10.0.0.50"}, ["* 8080/tcp 10.0.0.50 80"]),
    ("8080:80", {"nic": MAC}, ["* 8080/tcp 10.0.0.100 80"]),
]


@pytest.mark.parametrize(("text", "options", "said"), FORMS)
def test_what_is_there_once_it_is_applied_plans_nothing(
    text: str, options: dict[str, str], said: list[str]
) -> None:
    there = host(vm(), network=document(reserved("10.0.0.100")))
    if "guest_address" in options:
        there = host(vm(), network=document(span=None))
    plan = planned(there, add(text, **options))
    assert leads(plan) == said
    again = planned(applied(there, plan), add(text, **options))
    assert (again.steps, again.errors) == ((), ())
    assert [note for note in again.notes if "is forwarded already" in note]


@pytest.mark.parametrize(
    ("allow_from", "used"),
    [
        (["192.0.2.0/24", "192.0.2.7"], ["192.0.2.0/24"]),
        (["198.51.100.0/24", "192.0.2.0/24"], ["192.0.2.0/24", "198.51.100.0/24"]),
        (["192.0.2.0/24", "0.0.0.0/0"], []),
    ],
)
def test_who_may_use_it(allow_from: list[str], used: list[str]) -> None:
    (*_, write) = writes(planned(host(), add("8080:80", allow_from=allow_from)))
    assert isinstance(write, SetRules)
    assert [list(map(str, rule.allow_from)) for rule in write.rules] == [used]


@pytest.mark.parametrize(
    ("allow_from", "used"),
    [
        ([], []),
        (["127.0.0.0/8"], ["127.0.0.0/8"]),
        (["127.0.0.1"], ["127.0.0.1/32"]),
        (["127.0.0.1", "127.0.0.0/8"], ["127.0.0.0/8"]),
        (["192.0.2.0/24"], ["127.0.0.0/8", "192.0.2.0/24"]),
        (["192.0.2.0/24", "127.0.0.1"], ["127.0.0.1/32", "192.0.2.0/24"]),
        (["126.0.0.0/7"], ["126.0.0.0/7"]),
        (["fd00::/64"], ["127.0.0.0/8"]),
        (["0.0.0.0/0", "127.0.0.1"], []),
    ],
)
def test_who_may_use_it_with_the_hosts_own(allow_from: list[str], used: list[str]) -> None:
    there = host(network=document(reserved("10.0.0.100")))
    want = add("8080:80", allow_from=allow_from, loopback="yes")
    plan = planned(there, want)
    (*_, write) = writes(plan)
    assert isinstance(write, SetRules)
    assert [list(map(str, rule.allow_from)) for rule in write.rules] == [used]
    assert planned(applied(there, plan), want).steps == ()


def test_those_of_one_ip_version_leave_the_other_to_nobody() -> None:
    both = host(network=document(six=IPV6))
    assert len(leads(planned(both, add("8080:80")))) == 2
    plan = planned(both, add("8080:80", allow_from="192.0.2.0/24"))
    assert leads(plan) == ["* 8080/tcp 10.0.0.100 80"]


def test_loopback() -> None:
    there = forwarded(forward("8080:80", loopback="yes"))
    assert there.rules is not None
    assert [rule.loopback for rule in there.rules.rules] == [True]
    assert [each.localnet for each in there.rules.passages] == [True]
    plan = planned(host(), add("8080:80", loopback="yes"))
    assert [note for note in plan.notes if "::1 cannot be forwarded" in note]


@pytest.mark.parametrize(
    ("mode", "masquerade", "accept"),
    [
        ("nat", "10.0.0.0/24", (4,)),
        ("isolated", "0.0.0.0/0", (4,)),
        ("route", "10.0.0.0/24", (4,)),
        ("open", "10.0.0.0/24", (4,)),
    ],
)
def test_what_the_bridge_needs(mode: str, masquerade: str, accept: tuple[int, ...]) -> None:
    (*_, write) = writes(planned(host(network=document(mode=mode)), add("8080:80")))
    assert isinstance(write, SetRules)
    assert write.passages == (
        Passage(bridge="virbr7", masquerade=(ip_network(masquerade),), accept=accept),
    )


def test_another_is_added_beside_it() -> None:
    plan = planned(forwarded(WEB), add("2222:22"))
    metadata, rules = writes(plan)
    assert isinstance(metadata, SetMetadata)
    assert (metadata.xml or "").count("<vnetmgr:forward ") == 2
    assert isinstance(rules, SetRules)
    assert [rule.host_port for rule in rules.rules] == [8080, 2222]
    assert [change.name for change in plan.changes] == ["2222/tcp"]


@pytest.mark.parametrize("hosts", [None, "", reserved("10.0.0.100", MAC2)])
def test_nothing_is_said_of_an_address_that_nobody_keeps(hosts: str | None) -> None:
    there = forwarded(WEB)
    networks = () if hosts is None else host(network=document(hosts)).networks
    plan = planned(replace(there, networks=networks), remove("8080"))
    assert leads(plan) == []
    assert not [note for note in plan.notes if "stays reserved" in note]


def test_nothing_is_said_of_an_address_that_another_forward_needs() -> None:
    plan = planned(forwarded(WEB, forward("8443:443")), remove("8080"))
    assert [change.name for change in plan.changes] == ["8080/tcp"]
    assert not [note for note in plan.notes if "stays reserved" in note]


@pytest.mark.parametrize("text", ["8080", "8080/tcp", "8080:80"])
def test_one_is_taken_away(text: str) -> None:
    there = forwarded(WEB)
    plan = planned(there, remove(text))
    # The rules first: a run that is killed in between leaves nothing open that nobody knows of.
    rules, metadata = writes(plan)
    assert isinstance(metadata, SetMetadata)
    assert metadata.xml is None
    assert rules == SetRules(uuid=UUID)
    assert [(change.action, change.name) for change in plan.changes] == [
        (Action.DELETE, "8080/tcp")
    ]
    assert [note for note in plan.notes if "stays reserved" in note] == [
        "the address of vm1/lan stays reserved; vnetmgr release-address lab vm1/lan gives it back"
    ]
    after = applied(there, plan)
    assert after.rules is not None
    assert (after.rules.rules, after.rules.passages) == ((), ())
    # What is only to be absent is absent then.
    assert planned(after, remove(text, intent=Intent.ABSENT)).steps == ()
    with pytest.raises(NotFoundError, match="it has none"):
        planned(after, remove(text))


def failure(there: object, want: ForwardWant) -> VnetError:
    with pytest.raises(VnetError) as caught:
        planned(there, want)  # type: ignore[arg-type]  # a host
    assert caught.value.hint
    return caught.value


TWO = (on_lab(), on_lab("wan", mac=MAC2, bus=2))
BRIDGED = host(vm(nics=[nic_xml("lan")]))
REFUSED = {
    "in another way": (
        forwarded(WEB),
        add("8080:81"),
        "domain vm1: host port 8080/tcp is forwarded already, in another way "
        "(8080:80/tcp to nic lan)",
    ),
    "in another way, by an option": (
        forwarded(WEB),
        add("8080:80", loopback="yes"),
        "in another way",
    ),
    "within a range of its own": (
        forwarded(forward("8000-8010:80-90")),
        add("8005:80"),
        "host port 8005/tcp leads to vm1 already (8000-8010:80-90/tcp)",
    ),
    "of another domain": (
        host(vm(), vm(WEB, name="vm2")),
        add("8080:80"),
        "host port 8080/tcp leads to vm2 already (8080:80/tcp)",
    ),
    "of another domain, on every address": (
        host(vm(), vm(WEB, name="vm2")),
        add("10.9.0.1:8080:80"),
        "host port 10.9.0.1:8080/tcp leads to vm2 already",
    ),
    "two nics": (host(vm(nics=TWO)), add("8080:80"), "domain vm1 has 2 nics: "),
    "a bridge": (BRIDGED, add("8080:80"), "is no nic behind this host"),
    "a bridge, by name": (BRIDGED, add("8080:80", nic="lan"), "is no nic behind this host"),
    "no subnet": (
        host(network=document(subnets=False)),
        add("8080:80"),
        "network lab has no subnet, so the host cannot reach the guest",
    ),
    "no DHCP": (
        host(network=document(span=None)),
        add("8080:80"),
        "the IPv4 or IPv6 address of nic lan on network lab is not known",
    ),
    "no IPv6": (host(), add("[fd00::1]:8080:80"), "the IPv6 address of nic lan"),
    "an address elsewhere": (
        host(),
        add("8080:80", guest_address="10.9.0.5"),
        "guest address 10.9.0.5 is in no subnet of network lab",
    ),
}


@pytest.mark.parametrize(("there", "want", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(there: object, want: ForwardWant, text: str) -> None:
    error = failure(there, want)
    assert error.exit_code is ExitCode.REFUSED
    assert text in error.message


MISSING = {
    "the domain": (host(), add("8080:80", to="vm9"), "domain vm9 does not exist"),
    "the nic": (host(), add("8080:80", nic="wan"), "wan"),
    "the forward": (
        forwarded(WEB),
        remove("8081"),
        "domain vm1 has no forward 8081; it has 8080:80/tcp",
    ),
    "the forward, of that protocol": (forwarded(WEB), remove("8080/udp"), "no forward 8080/udp"),
    "any nic": (
        host(replace(vm(), nics=())),
        add("8080:80"),
        "domain vm1 has no nic",
    ),
}


@pytest.mark.parametrize(("there", "want", "text"), MISSING.values(), ids=MISSING)
def test_not_found(there: object, want: ForwardWant, text: str) -> None:
    error = failure(there, want)
    assert isinstance(error, NotFoundError)
    assert text in error.message


def test_a_key_that_means_several() -> None:
    there = forwarded(WEB, forward("8080:80/udp"))
    error = failure(there, remove("8080"))
    assert "8080 means 2 forwards: " in error.message
    (_, metadata) = writes(planned(there, remove("8080/udp")))
    assert isinstance(metadata, SetMetadata)
    assert "udp" not in (metadata.xml or "")


@pytest.mark.parametrize(
    ("two", "named"), [(("lan", "wan"), "wan"), ((None, "lan"), MAC)], ids=["name", "MAC"]
)
def test_a_nic_of_several(two: tuple[str | None, str], named: str) -> None:
    one, other = two
    nics = [on_lab(one), on_lab(other, mac=MAC2, bus=2)]
    (*_, metadata, rules) = writes(planned(host(vm(nics=nics)), add("8080:80", nic=named)))
    assert isinstance(metadata, SetMetadata)
    assert f'nic="{named}"' in (metadata.xml or "")
    assert isinstance(rules, SetRules)
    assert {rule.mac for rule in rules.rules} == {MAC if named == MAC else MAC2}


def test_the_only_nic_that_can_be() -> None:
    nics = [nic_xml("lan", mac=MAC2, bus=2), on_lab("priv")]
    (_, metadata, _) = writes(planned(host(vm(nics=nics)), add("8080:80")))
    assert isinstance(metadata, SetMetadata)
    assert 'nic="priv"' in (metadata.xml or "")


def test_a_nic_on_the_networks_own_bridge() -> None:
    nics = [nic_xml("lan", source="<source bridge='virbr7'/>")]
    assert leads(planned(host(vm(nics=nics)), add("8080:80"))) == ["* 8080/tcp 10.0.0.100 80"]


LISTENING = Listener(
    protocol=Protocol.TCP, address=ip_address("10.9.0.1"), port=8080, program="nginx"
)


@pytest.mark.parametrize(
    ("text", "hit"),
    [("8080:80", True), ("10.9.0.1:8080:80", True), ("10.9.0.2:8080:80", False), ("81:80", False)],
)
def test_a_program_that_would_lose_its_port(text: str, hit: bool) -> None:  # noqa: FBT001
    there = host()
    assert there.rules is not None
    busy = replace(there, rules=replace(there.rules, listeners=(LISTENING,)))
    if hit:
        assert "nginx listens on 10.9.0.1:8080/tcp" in failure(busy, add(text)).message
    else:
        assert planned(busy, add(text)).steps


def test_one_that_is_there_has_taken_it_already() -> None:
    there = forwarded(WEB)
    assert there.rules is not None
    busy = replace(there, rules=replace(there.rules, listeners=(LISTENING,)))
    assert planned(busy, add("8080:80")).steps == ()


def test_metadata_that_cannot_be_saved_is_put_back() -> None:
    """libvirt keeps it in memory, where the next reconcile would find it."""
    plan = planned(host(), add("8080:80"))
    (op,) = [op for step in plan.steps for op in step.ops if isinstance(op.do, SetMetadata)]
    (undo,) = op.undo
    assert isinstance(undo, SetMetadata)
    assert undo.xml is None
    assert op.undo_when_failed


def test_obstacles_are_told() -> None:
    there = host()
    assert there.rules is not None
    wall = Obstacle(place="table inet firewall, chain forward", what="its policy is drop")
    blocked = replace(there, rules=replace(there.rules, obstacles=(wall,)))
    said = f"{wall}: connections do not get past it"
    assert said in planned(blocked, add("8080:80")).notes
    assert planned(forwarded(WEB), remove("8080")).notes != (said,)


def test_from_afar_it_is_refused() -> None:
    error = RefusedError("port forwards are rules of that machine", "run vnetmgr there")
    there = replace(host(), rules=None, rules_unseen=error)
    said = failure(there, add("8080:80"))
    assert (said.message, said.hint) == (f"forward vm1/8080/tcp: {error.message}", error.hint)


def test_what_is_written_is_undone() -> None:
    there = forwarded(WEB)
    plan = planned(there, add("2222:22"))
    ops = [op for step in plan.steps for op in step.ops]
    (metadata,) = ops[0].undo
    assert isinstance(metadata, SetMetadata)
    assert metadata.xml == there.domains[0].data_xml
    (rules,) = ops[1].undo
    assert isinstance(rules, SetRules)
    assert there.rules is not None
    assert (rules.rules, rules.passages) == (there.rules.rules, there.rules.passages)
    assert ops[1].undo_when_failed


@pytest.mark.parametrize("part", ["rule", "passage", "accept", "masquerade", "whole"])
def test_what_is_missing_is_put_back(part: str) -> None:
    there = forwarded(WEB)
    live = there.rules
    assert live is not None
    (passage,) = live.passages
    broken = {
        "rule": replace(live, rules=()),
        "passage": replace(live, passages=()),
        "accept": replace(live, passages=(replace(passage, accept=()),)),
        "masquerade": replace(live, passages=(replace(passage, masquerade=()),)),
        "whole": replace(live, whole=False),
    }[part]
    plan = planned(replace(there, rules=broken), add("8080:80"))
    (write,) = writes(plan)
    assert write == SetRules(uuid=UUID, rules=live.rules, passages=live.passages)
    assert [(change.action, change.name) for change in plan.changes] == [
        (Action.REPAIR, "8080/tcp")
    ]
    assert planned(applied(replace(there, rules=broken), plan), add("8080:80")).steps == ()


def test_a_rule_of_one_domain_is_none_of_anothers() -> None:
    there = forwarded(WEB)
    both = replace(there, domains=(*there.domains, vm(name="vm2")))
    plan = planned(both, add("8081:80", to="vm2"))
    (write,) = [each for each in writes(plan) if isinstance(each, SetRules)]
    assert write.uuid == OTHER
    after = applied(both, plan)
    assert after.rules is not None
    assert [rule.domain for rule in after.rules.rules] == [UUID, OTHER]
    # Not the address that leads to vm1.
    assert [str(rule.guest_address) for rule in write.rules] == ["10.0.0.101"]


def test_a_transient_domain_has_no_config() -> None:
    there = host(
        replace(vm(running=True), config_xml=None), network=document(reserved("10.0.0.100"))
    )
    plan = planned(there, add("8080:80"))
    assert [list(change.scope) for change in plan.changes] == [["live"]]
    plan = planned(applied(there, plan), remove("8080"))
    assert [list(change.scope) for change in plan.changes] == [["live"]]
