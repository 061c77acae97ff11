"""A new nic: once, the same in both states, and never where it cannot work."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import (
    CONFIG,
    LIVE,
    domain,
    domain_xml,
    network,
    nic_xml,
    observed,
    plan,
    want,
    within,
)
from vnetmgr.errors import NoNetworkError, RefusedError, UsageError, VnetError
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import Nic
from vnetmgr.model.plan import Disruption, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features
from vnetmgr.model.seen.unlisted import Unlisted
from vnetmgr.model.state import State
from vnetmgr.model.values import PciAddress
from vnetmgr.model.writes import AttachDevice, DefineDomain

CREATE = Intent.CREATE
RUNNING = domain(domain_xml(), domain_xml())
OFF = domain(domain_xml())


def attached(made: Plan) -> tuple[Nic, list[AttachDevice]]:
    """The one nic that a plan attaches, and the writes, which all have it."""
    (step,) = made.steps
    writes = [op.do for op in step.ops if isinstance(op.do, AttachDevice)]
    assert len(writes) == len(step.ops)
    (xml,) = {write.xml for write in writes}
    return read_nic(xml), writes


@pytest.mark.parametrize(
    ("seen", "states", "expected"),
    [
        (RUNNING, (), [LIVE, CONFIG]),
        (RUNNING, (CONFIG,), [CONFIG]),
        (RUNNING, (LIVE,), [LIVE]),
        (RUNNING, (CONFIG, LIVE), [LIVE, CONFIG]),
        (OFF, (), [CONFIG]),
        (domain(None, domain_xml()), (), [LIVE]),
    ],
)
def test_states(seen: SeenDomain, states: tuple[State, ...], expected: list[State]) -> None:
    """A write for each, since a call for both would lose what a colleague defines meanwhile."""
    _, writes = attached(plan(observed(seen), within(want(CREATE, bridge="br0"), *states)))
    assert [write.state for write in writes] == expected


def test_name_mac_and_slot_are_settled_before_anything_is_written() -> None:
    made = plan(observed(RUNNING), want(CREATE, bridge="br0"))
    nic, _ = attached(made)
    assert nic.name == "nic0"
    assert nic.mac is not None
    assert nic.mac.startswith("52:54:00:")
    assert str(nic.pci_address) == "0000:01:00.0"
    settled = made.desired.nics[0]
    assert settled.intent is Intent.PRESENT
    assert (settled.patch.name, settled.patch.mac) == (nic.name, nic.mac)


def test_the_mac_is_the_same_for_one_domain_and_name_and_another_for_another_name() -> None:
    macs = [
        attached(plan(observed(RUNNING), want(CREATE, bridge="br0", name=name)))[0].mac
        for name in ("a", "a", "b")
    ]
    assert macs[0] == macs[1] != macs[2]


def test_the_slot_is_free_in_config_and_live() -> None:
    """A nic that is only in the config holds its slot there."""
    config_only = domain_xml(nic_xml("other", bus=1))
    nic, _ = attached(
        plan(observed(domain(config_only, domain_xml())), want(CREATE, bridge="br1", name="new"))
    )
    assert str(nic.pci_address) == "0000:02:00.0"


@pytest.mark.parametrize(
    ("options", "ports", "message"),
    [
        ({"model": "e1000"}, 3, "conventional PCI slot"),
        ({}, 0, "no free hot-plug slot for model virtio"),
        ({"pci_address": "0000:00:09.0"}, 3, "0000:00:09.0 is no free"),
        ({"pci_address": "0000:09:00.0"}, 3, "0000:09:00.0 is no free"),
    ],
)
def test_without_a_slot_nothing_is_attempted(
    options: dict[str, str], ports: int, message: str
) -> None:
    running = domain(domain_xml(ports=ports), domain_xml(ports=ports))
    with pytest.raises(RefusedError, match=message) as caught:
        plan(observed(running), want(CREATE, bridge="br0", **options))
    assert "--config" in (caught.value.hint or "")
    assert "add-slots vm1" in (caught.value.hint or "")


def test_the_slot_of_a_pcs_isa_bridge_is_never_free() -> None:
    root = "<controller type='pci' index='0' model='pci-root'/>"
    xml = domain_xml(ports=0, extra=root).replace("pc-q35-7.2", "pc-i440fx-7.2")
    xml = xml.replace("<controller type='pci' index='0' model='pcie-root'/>", "", 1)
    nic, _ = attached(plan(observed(domain(xml, xml)), want(CREATE, bridge="br0")))
    assert str(nic.pci_address) == "0000:00:02.0"


def test_config_alone_needs_no_slot() -> None:
    seen = domain(domain_xml(ports=0), domain_xml(ports=0))
    made = plan(observed(seen), within(want(CREATE, bridge="br0"), CONFIG))
    assert made.changes[0].disruption is Disruption.NEXT_START
    assert "until its next cold start" in made.notes[0]


def test_a_managed_save_is_named() -> None:
    seen = domain(domain_xml(), managed_save=True)
    assert "managed save" in plan(observed(seen), want(CREATE, bridge="br0")).notes[0]


class TestIdempotence:
    HAS_LAN = domain(domain_xml(nic_xml()), domain_xml(nic_xml(target="vnet0")))

    @pytest.mark.parametrize(
        "options",
        [
            {"bridge": "br0"},
            {"bridge": "br0", "name": "lan"},
            {"bridge": "br0", "mac": "52:54:00:00:00:01"},
            {"bridge": "br0", "model": "virtio", "link": "up"},
        ],
    )
    def test_what_is_there_is_left_alone_and_named(self, options: dict[str, str]) -> None:
        made = plan(observed(self.HAS_LAN), want(CREATE, **options))
        assert made.steps == ()
        assert "nic lan (bridge br0) is there already" in made.notes[0]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"bridge": "br0", "model": "e1000e"}, "model is virtio, asked for e1000e"),
            ({"bridge": "br1", "name": "lan"}, "source is bridge br0, asked for bridge br1"),
            ({"bridge": "br0", "vlan": "5"}, "vlan is not set, asked for 5"),
        ],
    )
    def test_what_differs_is_refused(self, options: dict[str, str], message: str) -> None:
        with pytest.raises(RefusedError, match=message):
            plan(observed(self.HAS_LAN), want(CREATE, **options))

    def test_a_second_nic_on_one_source_has_a_name(self) -> None:
        made = plan(observed(self.HAS_LAN), want(CREATE, bridge="br0", name="second"))
        assert attached(made)[0].name == "second"

    def test_a_nic_that_is_only_in_the_config_is_plugged_in_as_it_is_there(self) -> None:
        seen = domain(domain_xml(nic_xml(bus=2)), domain_xml())
        nic, (write,) = attached(plan(observed(seen), want(CREATE, bridge="br0")))
        assert write.state is LIVE
        assert (nic.name, nic.mac, str(nic.pci_address)) == (
            "lan",
            "52:54:00:00:00:01",
            "0000:02:00.0",
        )

    def test_a_nic_that_is_only_live_is_made_in_the_config_without_its_live_parts(self) -> None:
        seen = domain(domain_xml(), domain_xml(nic_xml(target="vnet3", bus=2)))
        nic, (write,) = attached(plan(observed(seen), want(CREATE, bridge="br0")))
        assert write.state is CONFIG
        assert "vnet3" not in write.xml
        assert (nic.name, str(nic.pci_address)) == ("lan", "0000:02:00.0")

    def test_a_pending_field_is_no_conflict_when_the_config_is_as_asked(self) -> None:
        seen = domain(
            domain_xml(nic_xml(extra="<mtu size='9000'/>")), domain_xml(nic_xml(target="vnet0"))
        )
        assert plan(observed(seen), want(CREATE, bridge="br0", mtu="9000")).steps == ()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bridge": "br7"}, VnetError, "bridge br7 does not exist; bridges here: br0, br1"),
        ({"bridge": "eth0"}, VnetError, "eth0 is a link but no Linux bridge"),
        ({"direct": "eth7"}, VnetError, "link eth7 does not exist.*Did you mean eth0"),
        ({"network": "lap"}, NoNetworkError, "network lap does not exist.*Did you mean lab"),
        ({"network": "off"}, RefusedError, "network off is off"),
        ({"network": "lab", "portgroup": "gests"}, VnetError, "Did you mean guests"),
        ({"network": "lab", "vlan": "7"}, RefusedError, "tags no VLANs"),
        ({"bridge": "br0", "vlan": "7"}, RefusedError, "next start would fail"),
        ({"bridge": "br0", "model": "virtoi"}, UsageError, "Did you mean virtio"),
        ({"bridge": "br0", "model": "e1000", "queues": "2"}, UsageError, "only virtio has queues"),
        ({"bridge": "br0", "portgroup": "x"}, UsageError, "only a network has portgroups"),
        ({"bridge": "br0", "direct_mode": "vepa"}, UsageError, "only a direct"),
        ({"bridge": "br0", "filter_param": "IP=10.0.0.1"}, UsageError, "needs --filter"),
        ({"user": "yes", "filter": "clean-traffic"}, UsageError, "filters bridges and networks"),
        ({"user": "yes", "inbound": "1mbit"}, UsageError, "libvirt shapes"),
        ({"user": "yes", "mtu": "1400"}, UsageError, "sets an MTU on bridges"),
        ({"direct": "eth0", "isolated_port": "yes"}, UsageError, "only a bridge's port"),
        ({"bridge": "br0", "mac": "52:54:00:00:00:77"}, RefusedError, "its tap is vnet7"),
    ],
)
def test_bad_wishes_are_refused(
    options: dict[str, str], error: type[VnetError], message: str
) -> None:
    host = observed(RUNNING, networks=(network("lab"), network("off", active=False)))
    with pytest.raises(error, match=message) as caught:
        plan(host, want(CREATE, **options))
    assert type(caught.value) is error


def test_every_problem_is_listed_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        plan(observed(OFF), want(CREATE, user="yes", mtu="1400", inbound="1mbit", model="x"))
    assert caught.value.message.startswith("3 problems:")
    assert caught.value.hint == "vnetmgr attach-nic --help shows every option"


def test_force_model_takes_any_model() -> None:
    made = plan(observed(OFF), want(CREATE, bridge="br0", model="x-nic"), allow=("force-model",))
    assert attached(made)[0].model == "x-nic"


def test_a_model_that_libvirt_cannot_start_is_refused_with_the_nearest() -> None:
    wanted = want(CREATE, bridge="br0", model="ne2k_isa")
    with pytest.raises(UsageError, match=r"cannot be started by libvirt.*nearest: ne2k_pci"):
        plan(observed(OFF), wanted)
    made = plan(observed(OFF), wanted, allow=("force-model",))
    assert attached(made)[0].model == "ne2k_isa"


def test_a_vlan_is_taken_where_libvirt_tags_on_linux_bridges_or_on_open_vswitch() -> None:
    new = observed(OFF, features=Features(vlan_on_linux_bridge=True))
    assert attached(plan(new, want(CREATE, bridge="br0", vlan="7")))[0].vlan == (7,)
    ovs = want(CREATE, bridge="ovs0", vlan="7", virtualport="openvswitch")
    assert attached(plan(observed(OFF), ovs))[0].vlan == (7,)


@pytest.mark.parametrize(("os", "message"), [
    ("<boot dev='hd'/>", "cannot be mixed"),
    ("", "belongs to another device"),
])  # fmt: skip
def test_boot_orders_that_libvirt_refuses(os: str, message: str) -> None:
    disk = "<disk type='file'><boot order='1'/></disk>"
    seen = domain(domain_xml(os=os, extra=disk))
    with pytest.raises(UsageError, match=message):
        plan(observed(seen), want(CREATE, bridge="br0", boot_order="1"))


def test_an_alias_of_another_device_is_no_name() -> None:
    seen = domain(domain_xml(extra="<disk type='file'><alias name='ua-lan'/></disk>"))
    with pytest.raises(RefusedError, match="another device is called lan"):
        plan(observed(seen), want(CREATE, bridge="br0", name="lan"))


def test_a_driver_without_device_calls_gets_the_config_redefined_and_says_so() -> None:
    host = observed(RUNNING, features=Features(device_calls=False))
    made = plan(host, want(CREATE, bridge="br0"))
    (op,) = made.steps[0].ops
    assert isinstance(op.do, DefineDomain)
    assert op.do.expect == RUNNING.config_xml
    assert "ua-nic0" in op.do.xml
    assert "no device calls" in made.notes[0]
    with pytest.raises(RefusedError, match="cannot change a running domain"):
        plan(host, within(want(CREATE, bridge="br0"), LIVE))


@pytest.mark.parametrize(
    ("seen", "states", "message"),
    [
        (OFF, (LIVE,), "does not run"),
        (domain(None, domain_xml()), (CONFIG,), "transient"),
    ],
)
def test_states_that_a_domain_lacks(
    seen: SeenDomain, states: tuple[State, ...], message: str
) -> None:
    with pytest.raises(RefusedError, match=message):
        plan(observed(seen), within(want(CREATE, bridge="br0"), *states))


def test_slots_and_names_that_qemu_alone_knows_are_left_out() -> None:
    seen = domain(domain_xml(), domain_xml())
    host = replace(
        observed(seen),
        unlisted=frozenset(
            {
                Unlisted("vm1", address=PciAddress.parse("0000:01:00.0")),
                Unlisted("vm1", name="nic0"),
                Unlisted("another", name="nic1"),
                Unlisted("another", address=PciAddress.parse("0000:02:00.0")),
            }
        ),
    )
    nic, writes = attached(plan(host, want(CREATE, bridge="br0")))
    assert len(writes) == 2
    assert (nic.name, str(nic.pci_address)) == ("nic1", "0000:02:00.0")
