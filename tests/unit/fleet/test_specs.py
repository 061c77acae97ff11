"""A spec on hosts of libvirt's test driver: each does its part, with what the others have told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vnetmgr.engine.reconcile import preview
from vnetmgr.errors import ExitCode, LeftOutError
from vnetmgr.fleet.answer import Answers
from vnetmgr.fleet.hosts import ManagedHost
from vnetmgr.fleet.specs import GivenSpec, SpecOnHosts, Work, marked
from vnetmgr.fleet.workers import Workers
from vnetmgr.host.connect import Host
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.render import console
from vnetmgr.render.blocks import Form
from vnetmgr.render.changes import render_plan
from vnetmgr.spec.files import SpecText, load_sound

# pytest-xdist has a thread of its own, which 3.12 and later warn of; no lock of it is needed here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

SPEC = """version: 1
networks:
  blue: {mode: isolated, bridge: blue0, subnet: 10.77.0.0/24, hosts: [kvm2]}
domains:
  web: {nics: {lan: {network: default}}}
  db: {host: kvm2, nics: {lan: {network: default}}}
  gone: {nics: {lan: {network: default}}}
"""
UUID = "00000000-0000-0000-0000-0000000000{:02}"


@pytest.fixture
def hosts(tmp_path: Path) -> Callable[..., list[ManagedHost]]:
    """Hosts with domains, each by its name and the number of its UUID."""

    def make(**domains: dict[str, int]) -> list[ManagedHost]:
        return [
            ManagedHost(name=name, connect=f"test://{_node(tmp_path / name, mine)}")
            for name, mine in domains.items()
        ]

    return make


def _node(path: Path, domains: dict[str, int]) -> Path:
    each = (
        f"<domain type='test'><name>{name}</name><uuid>{UUID.format(number)}</uuid>"
        "<memory>8192</memory><os><type>hvm</type></os></domain>"
        for name, number in domains.items()
    )
    network = (
        "<network><name>default</name><bridge name='virbr0'/>"
        "<ip address='192.168.122.1' netmask='255.255.255.0'/></network>"
    )
    path.write_text(f"<node>{''.join(each)}{network}</node>")
    return path


def given(text: str = SPEC, *, strict: bool = False) -> GivenSpec:
    """A spec that was read."""
    texts = (SpecText("spec.yaml", text),)
    loaded = load_sound(texts, apart=True)
    return GivenSpec(spec=loaded.spec, texts=texts, problems=loaded.problems, strict=strict)


def plan(host: ManagedHost, wanted: Desired, shown: str | None) -> None:
    """What `vnetmgr plan` does there."""
    del shown
    with Host.connect(host.connect) as connection:
        console.show(render_plan(preview(connection, wanted, Policy()), form=Form.JSON))


PLAN = Work(local=plan, words=("plan", "-"), kinds=frozenset({"plan"}))


def planned(hosts: list[ManagedHost], spec: GivenSpec | None = None) -> Answers:
    with Workers() as workers:
        fleet = SpecOnHosts(workers, hosts, spec or given(), timeout_s=20)
        fleet.look()
        return fleet.do(PLAN)


def changes(answers: Answers) -> dict[str, list[tuple[str, str]]]:
    """What would be done, and to what, on each host that has said so."""
    return {
        each.host: [
            (change["action"], "/".join(filter(None, (change["domain"], change["name"]))))
            for change in each.document["changes"]  # type: ignore[attr-defined]  # a plan's
        ]
        for each in answers.each
        if each.document is not None
    }


def test_each_host_does_its_part(hosts: Callable[..., list[ManagedHost]]) -> None:
    found = planned(hosts(kvm1={"web": 1, "db": 3}, kvm2={"db": 2}, kvm3={}))
    assert changes(found) == {
        "kvm1": [("create", "web/lan")],
        "kvm2": [("create", "blue"), ("create", "db/lan")],
        "kvm3": [],
    }
    assert found.notes == ("domain gone is on none of the hosts (kvm1, kvm2, kvm3): skipped",)
    notes = {each.host: (each.document or {})["notes"] for each in found.each}
    assert notes["kvm1"][0] == (  # type: ignore[index]  # a list
        f"domain db is on kvm2; the one of that name on this host is another ({UUID.format(3)}), "
        "and is left alone"
    )
    assert notes["kvm3"] == []
    assert found.code is ExitCode.DONE


def test_what_is_not_settled_holds_up_nothing_else(
    hosts: Callable[..., list[ManagedHost]],
) -> None:
    found = planned(hosts(kvm1={"web": 1, "gone": 5}, kvm2={"web": 2}))
    assert changes(found)["kvm1"] == [("create", "gone/lan")]
    (error,) = found.errors
    assert error.message.startswith("spec.yaml:5:3: domain web is on kvm1, kvm2: they are not the")
    assert found.code is ExitCode.REFUSED


def test_a_host_that_is_silent_holds_up_no_other(
    hosts: Callable[..., list[ManagedHost]],
) -> None:
    off = ManagedHost(name="kvm9", connect="qemu+unix:///system?socket=/nowhere/at/all")
    one, two = hosts(kvm1={"web": 1}, kvm2={"db": 2})
    found = planned([one, off, two])
    assert [each.host for each in found.each] == ["kvm1", "kvm9", "kvm2"]
    assert [each.unreachable for each in found.each] == [False, True, False]
    assert changes(found)["kvm1"] == [("create", "web/lan")]
    assert found.notes == (
        "kvm9 has not answered, and no other host has gone: nothing is done for that",
    )
    assert found.code is ExitCode.FAILED


def test_strict_is_of_all_hosts_together(hosts: Callable[..., list[ManagedHost]]) -> None:
    there = hosts(kvm1={"web": 1}, kvm2={"db": 2})
    found = planned(there, given(strict=True))
    assert [error.message for error in found.errors] == [
        "spec.yaml:7:3: domain gone is on none of the hosts (kvm1, kvm2)"
    ]
    assert {each.code for each in found.each} == {ExitCode.DONE}


def test_what_is_wrong_in_the_spec_is_told_once(hosts: Callable[..., list[ManagedHost]]) -> None:
    spec = given(SPEC.replace("gone: {nics: {lan: {network: default}}}", "gone: {nic: 1}"))
    found = planned(hosts(kvm1={"web": 1}, kvm2={"db": 2}), spec)
    (error,) = found.errors
    assert isinstance(error, LeftOutError)
    assert "spec.yaml:7" in error.message
    assert {each.code for each in found.each} == {ExitCode.DONE}
    assert changes(found)["kvm1"] == [("create", "web/lan")]


def test_a_plan_is_known_by_what_it_does() -> None:
    one = {"host": "a", "changes": [{"name": "lan"}], "notes": []}
    assert marked(one) == marked({**one, "notes": ["x"]})
    assert marked(one) != marked({**one, "changes": []})
