"""What a spec of many reservations on one network costs: it grows as they do, and documents are
read and written once."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from vnetmgr.host.pair import pair
from vnetmgr.libvirt_xml import documents
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.plan import Plan
from vnetmgr.model.seen.observed import Links, Observed
from vnetmgr.model.seen.rules import LiveRules
from vnetmgr.planner import make_plan
from vnetmgr.spec.files import load_spec
from vnetmgr.spec.wants import to_desired


def mac(number: int) -> str:
    return f"52:54:00:00:00:{number:02x}"


def guest(number: int) -> SeenDomain:
    """A domain that is off, with a nic on the network."""
    name, uuid = f"vm{number}", f"11111111-2222-3333-4444-{number:012d}"
    nic = (
        f"<interface type='network'><mac address='{mac(number)}'/><source network='lab'/>"
        "<model type='virtio'/><alias name='ua-lan'/></interface>"
    )
    xml = (
        f"<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid>"
        f"<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><devices>{nic}</devices>"
        "</domain>"
    )
    nics = pair(name, read_domain(xml).nics, ())
    return SeenDomain(name=name, uuid=uuid, config_xml=xml, live_xml=None, nics=nics)


def host(many: int, *, active: bool, reserved: bool) -> Observed:
    hosts = (f"<host mac='{mac(each)}' ip='10.9.2.{each}'/>" for each in range(1, many + 1))
    xml = (
        "<network><name>lab</name><uuid>11111111-2222-3333-4444-55555555aaaa</uuid>"
        "<forward mode='nat'/><bridge name='virbr7' stp='on' delay='0'/>"
        "<ip address='10.9.0.1' netmask='255.255.0.0'><dhcp>"
        f"<range start='10.9.9.1' end='10.9.9.9'/>{''.join(hosts) if reserved else ''}"
        "</dhcp></ip></network>"
    )
    config = read_network(xml)
    live = config if active else None
    lab = SeenNetwork(
        key="lab",
        autostart=True,
        config=config,
        live=live,
        config_xml=xml,
        live_xml=xml if active else None,
    )
    return Observed(
        uri="qemu:///system",
        host="host",
        domains=tuple(map(guest, range(1, many + 1))),
        networks=(lab,),
        links=Links(bridges=frozenset({"virbr7"}), names=frozenset({"virbr7"}), ports={}),
        rules=LiveRules(),
    )


def spec(many: int, path: Path, *, forwards: bool) -> Desired:
    lines = ["version: 1", "domains:"]
    for each in range(1, many + 1):
        ports = f", forwards: [{{host_port: {8000 + each}, guest_port: 80, nic: lan}}]"
        nics = f"nics: {{lan: {{network: lab, address: 10.9.1.{each}}}}}"
        lines.append(f"  vm{each}: {{{nics}{ports if forwards else ''}}}")
    path.write_text("\n".join(lines))
    return to_desired(load_spec([str(path)]), strict=False, prune=False)


def calls_of(desired: Desired, observed: Observed) -> tuple[Plan, int]:
    """How many functions of ours and of Python's a plan calls."""
    counted: Counter[str] = Counter()

    def count(frame: FrameType, event: str, arg: Any) -> None:
        del frame, arg
        counted[event] += 1

    sys.setprofile(count)
    try:
        plan = make_plan(desired, observed, Policy())
    finally:
        sys.setprofile(None)
    return plan, counted["call"]


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("reserved", [False, True])
@pytest.mark.parametrize("forwards", [False, True])
def test_work_grows_with_the_changes(
    tmp_path: Path, *, active: bool, reserved: bool, forwards: bool
) -> None:
    work = {}
    for many in (20, 40):
        desired = spec(many, tmp_path / "spec.yaml", forwards=forwards)
        make_plan(desired, host(many, active=active, reserved=reserved), Policy())  # its imports
        plan, work[many] = calls_of(desired, host(many, active=active, reserved=reserved))
        assert plan.errors == ()
        assert len([each for each in plan.changes if each.object == "address"]) == many
    assert work[40] < 2.2 * work[20]


@pytest.mark.parametrize("reserved", [False, True])
def test_a_networks_documents_are_read_as_often_for_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, reserved: bool
) -> None:
    read: Counter[int] = Counter()
    parse = documents.parse

    def counting(xml: str) -> Any:
        read[many] += "<network>" in xml
        return parse(xml)

    monkeypatch.setattr(documents, "parse", counting)
    for many in (2, 60):
        desired = spec(many, tmp_path / "spec.yaml", forwards=False)
        seen = host(many, active=True, reserved=reserved)
        read.clear()
        make_plan(desired, seen, Policy())
        assert 0 < read[many] <= 12
