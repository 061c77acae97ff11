"""What trace waits for after OVN has said what becomes of a packet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.doctor.overlay_hosts import OTHER_PORT, overlay_host, with_overlays, with_southbound
from vnetmgr.doctor.check import Subject
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.path.overlays import Flow
from vnetmgr.ovn import southbound
from vnetmgr.trace import asking
from vnetmgr.trace.asking import settled

if TYPE_CHECKING:
    from tests.ovn import Central
    from vnetmgr.model.path.facts import PathFacts


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy may take its time to connect."""
    monkeypatch.setattr(southbound, "_CONNECT_S", 60.0)


def facts_of(central: Central) -> PathFacts:
    """As they were read a moment after a change: neither host has followed it."""
    facts = overlay_host()
    assert facts.overlays.southbound is not None
    flow = Flow(switch="blue", packet="", outputs=(OTHER_PORT,))
    return with_southbound(
        with_overlays(facts, flows=(flow,)), at=central.south.remote, asked=1 << 40
    )


def behind(facts: PathFacts) -> list[str]:
    (domain,) = facts.domains
    subject = Subject(facts=facts, domain=domain, nic=domain.nics[0])
    found = settled(facts, subject, OvnSettings()).overlays.southbound
    assert found is not None
    return [each.name for each in found.chassis if found.is_behind(each)]


def follow(central: Central, *names: str) -> None:
    """These hosts do as if they had followed what was written."""
    asked = central.north.ctl("get NB_Global . nb_cfg").strip()
    for name in ("kvm1", "kvm2"):
        central.south.ctl(f"chassis-add {name} geneve 10.0.0.{name[-1]}")
        followed = asked if name in names else 0
        central.south.ctl(f"create Chassis_Private name={name} nb_cfg={followed}")


def test_hosts_that_follow_a_moment_later_are_not_behind(central: Central) -> None:
    follow(central, "kvm1", "kvm2")
    assert behind(facts_of(central)) == []


def test_one_that_does_not_is(central: Central, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_FOLLOW_S", 0.1)
    follow(central, "kvm1")
    assert behind(facts_of(central)) == ["kvm2"]


def test_where_nobody_can_be_asked_again_what_was_seen_counts(central: Central) -> None:
    central.south.kill()
    assert behind(facts_of(central)) == ["kvm1", "kvm2"]
