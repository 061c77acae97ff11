"""Changing a nic: in place where libvirt can, else by the one rule of --allow."""

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
from vnetmgr.errors import NotFoundError, RefusedError, UsageError, VnetError
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.plan import Disruption
from vnetmgr.model.record import replace
from vnetmgr.model.writes import AttachDevice, DefineDomain, DetachDevice, UpdateDevice

UPDATE = Intent.UPDATE
RUNNING = domain(domain_xml(nic_xml()), domain_xml(nic_xml(target="vnet0")))


@pytest.mark.parametrize(
    ("options", "disruption"),
    [
        ({"link": "down"}, Disruption.LINK_FLAP),
        ({"inbound": "10mbit", "outbound": "1MB/s"}, Disruption.NONE),
        ({"filter": "clean-traffic", "filter_param": "IP=10.0.0.1"}, Disruption.NONE),
        ({"isolated_port": "yes"}, Disruption.NONE),
    ],
)
def test_in_place_live_first(options: dict[str, str], disruption: Disruption) -> None:
    """A write for each state: a call for both would lose what a colleague defines meanwhile."""
    made = plan(observed(RUNNING, networks=(network("lab"),)), want(UPDATE, nic="lan", **options))
    writes = [op.do for op in made.steps[0].ops if isinstance(op.do, UpdateDevice)]
    assert [write.state for write in writes] == [LIVE, CONFIG]
    assert len(writes) == len(made.steps[0].ops)
    assert made.changes[0].disruption is disruption
    assert made.waiting == ()


@pytest.mark.parametrize(
    "options",
    [
        {"mtu": "9000"},
        {"model": "e1000e"},
        {"queues": "2"},
        {"boot_order": "1"},
        {"user": "yes"},
        {"direct": "eth0"},
    ],
)
class TestReplug:
    def test_without_leave_the_config_changes_and_the_rest_waits(
        self, options: dict[str, str]
    ) -> None:
        made = plan(observed(RUNNING), want(UPDATE, nic="lan", **options))
        (op,) = made.steps[0].ops
        assert isinstance(op.do, UpdateDevice)
        assert op.do.state is CONFIG
        assert made.changes[0].disruption is Disruption.NEXT_START
        assert [change.scope for change in made.waiting] == [(LIVE,)]

    def test_with_leave_the_device_is_taken_out_and_put_in_again(
        self, options: dict[str, str]
    ) -> None:
        made = plan(observed(RUNNING), want(UPDATE, nic="lan", **options), allow=("replug",))
        out, back, config = (op.do for op in made.steps[0].ops)
        assert isinstance(out, DetachDevice)
        assert isinstance(back, AttachDevice)
        assert out.state is back.state is LIVE
        assert isinstance(config, UpdateDevice)
        before, after = read_nic(out.xml), read_nic(back.xml)
        assert (before.mac, before.name, before.pci_address) == (
            after.mac,
            after.name,
            after.pci_address,
        )
        assert made.changes[0].disruption is Disruption.REPLUG
        assert made.waiting == ()

    def test_live_alone_is_refused(self, options: dict[str, str]) -> None:
        with pytest.raises(RefusedError, match="cannot change while it is plugged in"):
            plan(observed(RUNNING), within(want(UPDATE, nic="lan", **options), LIVE))


def test_what_can_change_now_does_and_the_rest_waits() -> None:
    made = plan(observed(RUNNING), want(UPDATE, nic="lan", link="down", mtu="9000"))
    live, config = (op.do for op in made.steps[0].ops)
    assert isinstance(live, UpdateDevice)
    assert isinstance(config, UpdateDevice)
    assert live.state is LIVE
    assert config.state is CONFIG
    assert read_nic(live.xml).link == "down"
    assert read_nic(live.xml).mtu is None
    assert read_nic(config.xml).mtu == 9000
    assert [field.field for field in made.waiting[0].fields] == ["mtu"]


def test_a_second_run_with_something_waiting_is_empty() -> None:
    seen = domain(
        domain_xml(nic_xml(extra="<mtu size='9000'/>")), domain_xml(nic_xml(target="vnet0"))
    )
    made = plan(observed(seen), want(UPDATE, nic="lan", mtu="9000"))
    assert made.steps == ()
    assert len(made.waiting) == 1


def test_live_and_config_that_differ_elsewhere_are_changed_each_from_its_own_document() -> None:
    seen = domain(
        domain_xml(nic_xml(extra="<coalesce><rx><frames max='7'/></rx></coalesce>")),
        domain_xml(nic_xml(target="vnet0", extra="<link state='down'/>")),
    )
    config, live = (
        op.do for op in plan(observed(seen), want(UPDATE, nic="lan", bridge="br1")).steps[0].ops
    )
    assert isinstance(live, UpdateDevice)
    assert isinstance(config, UpdateDevice)
    assert "coalesce" in config.xml
    assert "coalesce" not in live.xml
    assert "vnet0" in live.xml
    assert "vnet0" not in config.xml


@pytest.mark.parametrize("options", [{"mac": "52:54:00:00:00:99"}, {"name": "new"}])
def test_what_libvirt_finds_a_nic_by_changes_through_the_whole_document(
    options: dict[str, str],
) -> None:
    made = plan(observed(domain(domain_xml(nic_xml()))), want(UPDATE, nic="lan", **options))
    (op,) = made.steps[0].ops
    assert isinstance(op.do, DefineDomain)
    (changed,) = options.values()
    assert changed in op.do.xml
    again = made.desired.nics[0]
    assert again.nic == ("new" if "name" in options else "lan")


@pytest.mark.parametrize(
    "address", ["lan", "52-54-00-00-00-01", "vnet0", "0000:01:00.0", "01:00.0"]
)
def test_addresses_of_a_nic(address: str) -> None:
    assert len(plan(observed(RUNNING), want(UPDATE, nic=address, link="down")).steps) == 1


def test_an_unknown_nic_lists_those_there_are() -> None:
    with pytest.raises(NotFoundError, match=r"has no nic lam; it has lan.*Did you mean lan"):
        plan(observed(RUNNING), want(UPDATE, nic="lam", link="down"))


def test_an_ambiguous_address_is_refused_with_the_candidates() -> None:
    two = domain_xml(nic_xml("a"), nic_xml("b", bus=2))
    with pytest.raises(RefusedError, match=r"means 2 nics: a \(bridge br0\), b \(bridge br0\)"):
        plan(observed(domain(two)), want(UPDATE, nic="52:54:00:00:00:01", link="down"))


def test_what_was_there_before_is_never_refused() -> None:
    """An unknown model and a VLAN that a colleague set do not stand in the way."""
    odd = nic_xml(model="virtio-secret", extra="<vlan><tag id='5'/></vlan>")
    made = plan(observed(domain(domain_xml(odd))), want(UPDATE, nic="lan", link="down"))
    (op,) = made.steps[0].ops
    assert isinstance(op.do, UpdateDevice)
    assert "virtio-secret" in op.do.xml


def test_a_vlan_on_a_linux_bridge_is_refused_in_both_states() -> None:
    for states in ((CONFIG,), (LIVE,), ()):
        with pytest.raises(RefusedError, match="tags no VLANs"):
            plan(observed(RUNNING), within(want(UPDATE, nic="lan", vlan="5"), *states))


def test_a_field_that_does_not_fit_the_source_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="only a network has portgroups") as caught:
        plan(observed(RUNNING), want(UPDATE, nic="lan", portgroup="guests"))
    assert caught.value.hint == "vnetmgr update-nic --help shows every option"


def test_a_portgroup_alone_needs_a_replug_since_libvirt_ignores_it() -> None:
    source = "<source network='lab'/>"
    live = "<source network='lab' portid='1' bridge='virbr0'/>"
    seen = domain(
        domain_xml(nic_xml(kind="network", source=source)),
        domain_xml(nic_xml(kind="network", source=live, target="vnet0")),
    )
    host = observed(seen, networks=(network("lab"),))
    made = plan(host, want(UPDATE, nic="lan", portgroup="guests"))
    assert [field.field for field in made.waiting[0].fields] == ["portgroup"]


def test_nothing_to_change_says_so() -> None:
    made = plan(observed(RUNNING), want(UPDATE, nic="lan", link="up", bridge="br0"))
    assert made.steps == ()
    assert "as asked; nothing to do" in made.notes[0]


def test_a_replug_that_was_cut_short_is_finished() -> None:
    """Killed between its two halves: the nic is in the config and not in the running domain."""
    seen = domain(domain_xml(nic_xml()), domain_xml())
    made = plan(observed(seen), want(UPDATE, nic="lan", mtu="1400"), allow=("replug",))
    config, live = (op.do for op in made.steps[0].ops)
    assert isinstance(config, UpdateDevice)
    assert isinstance(live, AttachDevice)
    assert live.state is LIVE
    assert read_nic(live.xml).mtu == 1400
    assert read_nic(live.xml).name == "lan"
    without = plan(observed(seen), want(UPDATE, nic="lan", mtu="1400"))
    assert [change.scope for change in without.changes] == [(CONFIG,)]


DISK = "<disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>"


@pytest.mark.parametrize(
    ("devices", "intent", "advice"),
    [
        (DISK, UPDATE, "put <boot order='2'/> into disk vda"),
        (DISK, Intent.CREATE, "put <boot order='2'/> into disk vda"),
        ("", UPDATE, ": in one and the same virsh edit, .* <boot order='1'/> into this nic's"),
        ("", Intent.CREATE, "attach it without --boot-order; then, in one"),
    ],
)
def test_a_boot_order_beside_the_domains_own(devices: str, intent: Intent, advice: str) -> None:
    document = domain_xml(nic_xml(), extra=devices, os="<boot dev='hd'/>")
    options = {"boot_order": "1"} | ({"bridge": "br1"} if intent is Intent.CREATE else {})
    with pytest.raises(UsageError, match=advice):
        plan(
            observed(domain(document)),
            want(intent, nic="lan" if intent is UPDATE else None, **options),
        )


def test_a_running_domain_keeps_its_own_way_to_boot() -> None:
    order = DISK.replace("</disk>", "<boot order='2'/></disk>")
    seen = domain(domain_xml(extra=order), domain_xml(extra=DISK, os="<boot dev='hd'/>"))
    with pytest.raises(UsageError, match="use --config"):
        plan(observed(seen), want(Intent.CREATE, bridge="br0", boot_order="1"))
    wanted = within(want(Intent.CREATE, bridge="br0", boot_order="1"), CONFIG)
    assert plan(observed(seen), wanted).steps


def test_one_queue_is_what_every_nic_has() -> None:
    """libvirt drops `queues='1'`."""
    four = observed(domain(domain_xml(nic_xml(extra="<driver queues='4'/>"))))
    one = observed(domain(domain_xml(nic_xml())))
    assert plan(four, want(UPDATE, nic="lan", queues="1")).steps
    assert not plan(one, want(UPDATE, nic="lan", queues="1")).steps


def test_a_filter_that_is_not_there_is_refused() -> None:
    here = replace(observed(domain(domain_xml(nic_xml()))), filters=frozenset({"clean-traffic"}))
    with pytest.raises(VnetError, match=r"does not exist.* Did you mean clean-traffic\?"):
        plan(here, want(UPDATE, nic="lan", filter="clean-trafic"))
    assert plan(here, want(UPDATE, nic="lan", filter="clean-traffic")).steps
    unseen = replace(here, filters=None)
    assert plan(unseen, want(UPDATE, nic="lan", filter="clean-trafic")).steps


@pytest.mark.parametrize(
    ("address", "allow", "says"),
    [
        ("0000:02:00.0", (), "another device's in its config"),
        ("0000:02:01.0", (), "the slots of a pcie-root-port are 0 to 0"),
        ("0000:09:03.0", (), "the slots of a pcie-root-port are 0 to 0"),
        ("0000:00:1e.0", ("replug",), "no free hot-plug slot"),  # pcie-root takes none
        ("0000:03:00.0", ("replug",), "no free hot-plug slot"),  # another's, live alone
        ("0000:09:00.0", ("replug",), "no free hot-plug slot"),  # there is no such bus
    ],
)
def test_an_address_that_cannot_be_is_refused(
    address: str, allow: tuple[str, ...], says: str
) -> None:
    other = nic_xml("b", mac="52:54:00:00:00:02", bus=2)
    third = nic_xml("c", mac="52:54:00:00:00:03", bus=3, target="vnet2")
    here = observed(
        domain(domain_xml(nic_xml(), other), domain_xml(nic_xml(target="vnet0"), other, third))
    )
    with pytest.raises(RefusedError, match=says):
        plan(here, want(UPDATE, nic="lan", pci_address=address), allow=allow)
    if allow:  # it waits
        assert plan(here, want(UPDATE, nic="lan", pci_address=address)).waiting


A, B = (nic_xml(), nic_xml("other", mac="52:54:00:00:00:02", bus=2))
TWO = domain(domain_xml(A, B), domain_xml(A, B))
APART = domain(domain_xml(A), domain_xml(A, B))


@pytest.mark.parametrize("seen", [TWO, APART, domain(domain_xml(A, B))])
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"mac": "52:54:00:00:00:02"}, "MAC 52:54:00:00:00:02 is that of nic other"),
        ({"name": "other"}, "another device is called other"),
    ],
)
def test_what_another_nic_of_the_domain_is_known_by_is_refused(
    seen: SeenDomain, options: dict[str, str], text: str
) -> None:
    for allow in ((), ("replug",)):
        with pytest.raises(RefusedError, match=text):
            plan(observed(seen), want(UPDATE, nic="lan", **options), allow=allow)
