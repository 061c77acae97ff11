"""Nics that are devices of the host: every check, on made-up trees; documents in, writes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sysfs import CARDS, PF, VF0, VF1, VF2, Card, make_proc, make_sysfs, route_v4
from tests.unit.planner.builders import CONFIG, LIVE, domain, domain_xml, nic_xml, observed, plan
from vnetmgr.errors import ExitCode, NotFoundError, RefusedError, UsageError, VnetError
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.local.pci import read_host_devices
from vnetmgr.model.desired import Desired, DomainFields, DomainWant, NicWant, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import Network, NetworkMode, SeenNetwork
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.nic import Mode, Source, pending_fields
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.model.record import replace
from vnetmgr.model.writes import AttachDevice, DefineNetwork, FinishNetwork
from vnetmgr.planner import make_plan, scope_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.seen.hostdev import HostDevices
    from vnetmgr.model.seen.observed import Observed

TEMPLATE = "<interface type='hostdev' managed='yes'><source/></interface>"
ON_NETWORK = "<interface type='network'><source/></interface>"
POOL = "<network><forward mode='hostdev' managed='yes'><pf dev='x'/></forward></network>"


def want(device: str, **options: str) -> NicWant:
    """A nic that is a device of the host."""
    patch = build_patch({"hostdev": device, **options}, source_needed=True)
    return NicWant(domain="vm1", intent=Intent.CREATE, patch=patch, template=TEMPLATE)


def devices(root: Path, cards: tuple[Card, ...] = CARDS, **tree: object) -> HostDevices:
    """What is read of a made-up machine."""
    v4 = tree.pop("v4", ())
    make_sysfs(root / "sys", cards, **tree)  # type: ignore[arg-type]  # as given
    return read_host_devices(root / "sys", make_proc(root / "proc", v4=v4))  # type: ignore[arg-type]


def host(found: HostDevices | None, *domains: SeenDomain, config: str = "") -> Observed:
    """A host with those devices, domain vm1 and others."""
    mine = domain(config or domain_xml())
    return replace(observed(mine), domains=(mine, *domains), host_devices=found)


def hostdev_source(address: str) -> str:
    """What libvirt writes of a nic's device."""
    bus, slot, function = address[5:7], address[8:10], address[11]
    return (
        f"<source><address type='pci' domain='0x0000' bus='0x{bus}' slot='0x{slot}' "
        f"function='0x{function}'/></source>"
    )


def other(document: str, *, live: bool = False) -> SeenDomain:
    """Another domain, shut off or running."""
    return replace(domain(None if live else document, document if live else None), name="vm2")


def plain_hostdev(address: str) -> str:
    """A `<hostdev>` that is no nic."""
    return f"<hostdev mode='subsystem' type='pci'>{hostdev_source(address)}</hostdev>"


@pytest.mark.parametrize("device", [VF1, "03:10.1", "ens1v1"])
def test_a_virtual_function_by_address_or_link(tmp_path: Path, device: str) -> None:
    options = {"mac": "52:54:00:11:22:33", "vlan": "42"}
    made = plan(host(devices(tmp_path)), want(device, **options))
    (op,) = made.steps[0].ops
    assert isinstance(op.do, AttachDevice)
    nic = read_nic(op.do.xml)
    assert nic.source == Source(Mode.HOSTDEV, VF1)
    assert (nic.mac, nic.vlan) == ("52:54:00:11:22:33", (42,))
    assert "managed='yes'" in op.do.xml.replace('"', "'")
    assert made.notes == ()
    assert made.desired.nics[0].patch.source == Source(Mode.HOSTDEV, VF1)


def test_one_that_vfio_holds_already(tmp_path: Path) -> None:
    assert plan(host(devices(tmp_path)), want(VF2)).changes


def test_all_domains_and_this_machine_are_looked_at() -> None:
    scope = scope_of(Desired(nics=(want(VF1),)))
    assert (scope.all_domains, scope.host_devices) == (True, True)
    bridge = NicWant(
        domain="vm1",
        intent=Intent.CREATE,
        patch=build_patch({"bridge": "br0"}, source_needed=True),
    )
    scope = scope_of(Desired(nics=(bridge,)))
    assert (scope.all_domains, scope.host_devices) == (False, False)


SHARED_GROUP = (
    *CARDS,
    Card(address="0000:06:00.0", links=("ens6",), driver="e1000e", group=40, pf=PF),
    Card(address="0000:06:00.1", kind="0x010601", driver="ahci", group=40),
    Card(address="0000:06:00.2", kind="0x060400", driver="pcieport", group=40),
    Card(address="0000:06:00.3", kind="0x0c0330", group=40),
)


@pytest.mark.parametrize(
    ("device", "tree", "said", "remedy"),
    [
        (PF, {}, ("physical function", "virtual ones only"),
         f"take one of its virtual functions: {VF0}"),
        ("ens2", {}, ("virtual functions are switched off",),
         "echo 4 > /sys/bus/pci/devices/0000:04:00.0/sriov_numvfs"),
        ("eth0", {}, ("no SR-IOV",), "--direct eth0 --direct-mode passthrough"),
        (VF1, {"iommu": False}, ("IOMMU is off",), "intel_iommu=on"),
        ("0000:06:00.0", {"cards": SHARED_GROUP}, ("group 40 holds 0000:06:00.1 (ahci) too",),
         "another slot"),
        (VF1, {"v4": (route_v4("ens1v1"),)}, ("lose its default route (link ens1v1)",),
         "move the host's address off ens1v1"),
        (VF1, {"v4": (route_v4("br0"),), "masters": {"ens1v1": "br0"}, "virtual": ("br0",)},
         ("lose its default route", "in use by br0"), "take ens1v1 out of br0"),
        (VF1, {"v4": (route_v4("ens1v1", "0002000A", "00FFFFFF"),)}, ("way to 10.0.2.0/24",),
         "move the host's address off ens1v1"),
        (VF1, {"uppers": {"ens1v1": "macvtap3"}, "virtual": ("macvtap3",)},
         ("in use by macvtap3",), "take ens1v1 out of macvtap3"),
        ("eth0", {"iommu": False, "v4": (route_v4("eth0"),)},
         ("no SR-IOV", "IOMMU is off", "default route"), "intel_iommu=on"),
    ],
)  # fmt: skip
def test_what_is_in_the_way(
    tmp_path: Path, device: str, tree: Mapping[str, object], said: tuple[str, ...], remedy: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        plan(host(devices(tmp_path, **tree)), want(device))  # type: ignore[arg-type]  # as given
    assert caught.value.exit_code is ExitCode.REFUSED
    for part in said:
        assert part in caught.value.message
    assert remedy in (caught.value.hint or "")
    assert "pcieport" not in caught.value.message


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("0000:0a:00.0", "device 0000:0a:00.0 does not exist"),
        ("0000:00:1f.0", "is no network device (its PCI class is 060100)"),
        ("ens1v9", "link ens1v9 does not exist. Did you mean ens1v"),
        ("lo", "link lo belongs to no PCI network device"),
    ],
)
def test_what_is_no_such_device(tmp_path: Path, device: str, said: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        plan(host(devices(tmp_path)), want(device))
    assert said in caught.value.message
    assert "list-host-devices" in (caught.value.hint or "")


def test_a_link_that_shares_its_device(tmp_path: Path) -> None:
    card = Card(address=PF, links=("ens1a", "ens1b"))
    with pytest.raises(RefusedError, match="ens1a shares the PCI device"):
        plan(host(devices(tmp_path, (card,))), want("ens1a"))


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize(
    "document",
    [
        domain_xml(nic_xml(kind="hostdev", source=hostdev_source(VF1))),
        domain_xml(extra=plain_hostdev(VF1)),
    ],
)
def test_a_device_of_another_domain(tmp_path: Path, document: str, live: bool) -> None:  # noqa: FBT001
    taken = other(document, live=live)
    with pytest.raises(RefusedError, match=r"domain vm2 has it \((config|live)\)"):
        plan(host(devices(tmp_path), taken), want(VF1))
    # A device that nobody can see is still seen to be taken.
    with pytest.raises(RefusedError, match="domain vm2 has it"):
        plan(host(None, taken), want(VF1))
    assert plan(host(devices(tmp_path / "again"), taken), want(VF0)).changes


def test_all_problems_at_once(tmp_path: Path) -> None:
    taken = other(domain_xml(extra=plain_hostdev(PF)))
    with pytest.raises(RefusedError) as caught:
        plan(host(devices(tmp_path, iommu=False, v4=(route_v4("ens1"),)), taken), want(PF))
    assert caught.value.message.count("\n  - ") == 4


def test_the_same_nic_again_is_nothing_to_do(tmp_path: Path) -> None:
    has = domain_xml(nic_xml(kind="hostdev", source=hostdev_source(VF1), model="virtio"))
    again = plan(host(devices(tmp_path), config=has), want(VF1))
    assert again.changes == ()
    assert "nothing to do" in again.notes[0]
    with pytest.raises(RefusedError, match="domain vm1 has it"):
        plan(host(devices(tmp_path / "2"), config=has), want(VF1, name="second"))


def test_a_nameless_nic_is_not_taken_for_another(tmp_path: Path) -> None:
    """Neither has a name, which does not make them one."""
    has = domain_xml(
        nic_xml(None, kind="hostdev", source=hostdev_source(VF1)),
        nic_xml(None, mac="52:54:00:00:00:02", bus=2),
    )
    patch = build_patch({"hostdev": VF1}, source_needed=True)
    moved = NicWant(domain="vm1", intent=Intent.UPDATE, nic="52:54:00:00:00:02", patch=patch)
    with pytest.raises(RefusedError, match="domain vm1 has it"):
        plan(host(devices(tmp_path), config=has), moved)


def test_the_nic_of_the_config_is_plugged_in_live_too(tmp_path: Path) -> None:
    has = domain_xml(nic_xml(kind="hostdev", source=hostdev_source(VF1)))
    mine = domain(has, domain_xml())
    here = replace(observed(mine), host_devices=devices(tmp_path))
    (change,) = plan(here, want(VF1)).changes
    assert change.scope == (LIVE,)


def test_one_device_for_two_nics(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="asked for twice"):
        plan(host(devices(tmp_path)), want("ens1v1", name="a"), want(VF1, name="b"))


def test_a_new_domain_with_a_device(tmp_path: Path) -> None:
    document = domain_xml()
    new = DomainWant(
        fields=DomainFields(name="new", uuid="u"), template=document, nics=(want(VF1),)
    )
    here = replace(host(devices(tmp_path)), virt_type="qemu")
    made = make_plan(Desired(domains=(new,)), here, Policy())
    assert "hostdev" in str(made.steps[0].ops[0].do)
    taken = replace(here, domains=(other(domain_xml(extra=plain_hostdev(VF1))),))
    with pytest.raises(RefusedError, match="domain vm2 has it"):
        make_plan(Desired(domains=(new,)), taken, Policy())


def test_what_cannot_be_seen_is_said() -> None:
    made = plan(host(None), want(VF1))
    assert made.changes
    (note,) = made.notes
    assert "cannot be seen from here. Not checked: whether it exists" in note
    with pytest.raises(RefusedError, match="link ens1v1: which PCI device it is cannot be seen"):
        plan(host(None), want("ens1v1"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"vlan": "5,6"}, "takes one VLAN"),
        ({"model": "e1000"}, "--model does not fit a hostdev nic: the guest sees the card itself"),
        ({"link": "down"}, "--link does not fit a hostdev nic"),
        ({"mtu": "1400"}, "--mtu does not fit a hostdev nic"),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(host(devices(tmp_path)), want(VF1, **options))
    assert said in caught.value.message


# macvtap in mode passthrough takes a whole link as well.


def direct(mode: str) -> NicWant:
    """A macvtap on eth0."""
    patch = build_patch({"direct": "eth0", "direct_mode": mode}, source_needed=True)
    template = "<interface type='direct'><source/></interface>"
    return NicWant(domain="vm1", intent=Intent.CREATE, patch=patch, template=template)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"v4": (route_v4("eth0"),)}, "the host would lose its default route (link eth0)"),
        ({"masters": {"eth0": "br0"}, "virtual": ("br0",)}, "link eth0 is in use by br0"),
        ({"uppers": {"eth0": "macvtap0"}, "virtual": ("macvtap0",)}, "in use by macvtap0"),
    ],
)
def test_passthrough_of_a_link_that_the_host_needs(
    tmp_path: Path, tree: Mapping[str, object], said: str
) -> None:
    here = host(devices(tmp_path, **tree))  # type: ignore[arg-type]  # as given
    with pytest.raises(RefusedError) as caught:
        plan(here, direct("passthrough"))
    assert said in caught.value.message
    assert "--direct-mode bridge" in (caught.value.hint or "")
    assert plan(here, direct("bridge")).changes
    (note,) = plan(replace(here, host_devices=None), direct("passthrough")).notes
    assert "whether host itself needs direct eth0 cannot be seen from here" in note


def test_passthrough_of_a_free_link(tmp_path: Path) -> None:
    assert plan(host(devices(tmp_path)), direct("passthrough")).changes
    assert scope_of(Desired(nics=(direct("passthrough"),))).host_devices
    assert not scope_of(Desired(nics=(direct("bridge"),))).host_devices


# Pools: networks that hand the functions of a card out.


def pool_plan(found: HostDevices | None, pf: str, *networks: SeenNetwork) -> tuple[object, ...]:
    """The writes that make a pool."""
    here = replace(
        observed(templates={"network/hostdev.xml": POOL}, networks=networks), host_devices=found
    )
    patch = NetworkPatch(mode=NetworkMode.HOSTDEV, pf=pf)
    wanted = NetworkWant(name="vfs", intent=Intent.CREATE, patch=patch)
    made = make_plan(Desired(networks=(wanted,)), here, Policy())
    return tuple(op.do for step in made.steps for op in step.ops)


def pool(pf: str = "ens1", mode: NetworkMode = NetworkMode.HOSTDEV) -> SeenNetwork:
    """A pool that runs."""
    found = Network(name="vfs", mode=mode, pf=pf)
    document = (
        f"<network><name>vfs</name><forward mode='hostdev'><pf dev='{pf}'/></forward></network>"
    )
    return SeenNetwork(
        key="vfs",
        autostart=True,
        config=found,
        live=found,
        config_xml=document,
        live_xml=document,
    )


def test_a_pool_is_made_started_and_left_alone(tmp_path: Path) -> None:
    define, autostart, finish, start = pool_plan(devices(tmp_path), "ens1")
    assert isinstance(define, DefineNetwork)
    assert '<pf dev="ens1"/>' in define.xml
    assert "True" in str(autostart)
    assert finish == FinishNetwork(network="vfs")
    assert "StartNetwork" in str(start)
    assert pool_plan(devices(tmp_path / "2"), "ens1", pool()) == ()
    (only,) = pool_plan(devices(tmp_path / "3"), "ens1", replace(pool(), live=None, live_xml=None))
    assert "StartNetwork" in str(only)


@pytest.mark.parametrize(
    ("pf", "tree", "error", "said"),
    [
        ("ens2", {}, RefusedError, "its virtual functions are switched off"),
        ("eth0", {}, RefusedError, "no virtual functions (no SR-IOV)"),
        ("ens1v0", {}, RefusedError, "it is a virtual function itself"),
        ("ens1", {"iommu": False}, RefusedError, "IOMMU is off"),
        ("lo", {}, NotFoundError, "belongs to no PCI network device"),
        ("ens9", {}, NotFoundError, "link ens9 does not exist. Did you mean ens"),
    ],
)
def test_a_pool_that_would_be_empty(
    tmp_path: Path, pf: str, tree: Mapping[str, object], error: type[VnetError], said: str
) -> None:
    with pytest.raises(error) as caught:
        pool_plan(devices(tmp_path, **tree), pf)  # type: ignore[arg-type]  # as given
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("there", [pool("ens2"), pool(mode=NetworkMode.NAT)])
def test_a_network_that_is_another(tmp_path: Path, there: SeenNetwork) -> None:
    with pytest.raises(RefusedError, match="network vfs"):
        pool_plan(devices(tmp_path), "ens1", there)


def on_pool(**options: str) -> NicWant:
    patch = build_patch({"network": "vfs", **options}, source_needed=True)
    return NicWant(domain="vm1", intent=Intent.CREATE, patch=patch, template=ON_NETWORK)


def test_a_live_nic_of_a_pool_is_on_the_pool() -> None:
    """libvirt shows it as the device it got, without the network."""
    config = nic_xml(kind="network", source="<source network='vfs'/>")
    live = nic_xml(kind="hostdev", source=hostdev_source(VF1))
    mine = domain(domain_xml(config), domain_xml(live))
    here = replace(observed(mine), networks=(pool(),))
    again = plan(here, on_pool())
    assert again.changes == ()
    seen = mine.nics[0]
    assert seen.config is not None
    assert seen.live is not None
    assert pending_fields(config=seen.config, live=seen.live) == ()
    # On a network of another kind it is a nic that has been moved since.
    nat = replace(here, networks=(pool(mode=NetworkMode.NAT),))
    moved = replace(on_pool(), intent=Intent.PRESENT, nic="lan")
    assert [change.field for step in plan(nat, moved).waiting for change in step.fields] == [
        "source"
    ]
    assert plan(here, moved).waiting == ()


def test_a_nic_of_a_pool_that_is_only_live() -> None:
    live = nic_xml(kind="hostdev", source=hostdev_source(VF1))
    mine = domain(domain_xml(), domain_xml(live))
    here = replace(observed(mine), networks=(pool(),))
    wanted = replace(
        on_pool(mac="52:54:00:00:00:01"), intent=Intent.PRESENT, states=frozenset({LIVE})
    )
    again = plan(here, wanted)
    assert (again.changes, again.waiting) == ((), ())


def test_a_vlan_on_a_pool(tmp_path: Path) -> None:
    here = replace(host(devices(tmp_path)), networks=(pool(),))
    (change,) = plan(here, on_pool(vlan="7")).changes
    assert change.scope == (CONFIG,)
