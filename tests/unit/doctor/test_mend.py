"""What --fix makes of what was found."""

from __future__ import annotations

from tests.unit.doctor.hosts import bridge_host, with_link
from vnetmgr.doctor.mend import together, wants_of
from vnetmgr.doctor.walk import walk
from vnetmgr.model.desired import Desired, NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkWant
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace


def test_only_what_is_wrong_and_vnetmgrs_own_is_mended() -> None:
    healthy = bridge_host()
    assert wants_of(healthy, walk(healthy)) == ()
    orphan = with_link(with_link(healthy, "vnet0", master=None, port=None), "br0", up=False)
    (want,) = together(wants_of(orphan, walk(orphan))).nics
    assert (want.domain, want.nic) == ("web1", "lan")
    assert want.patch.source == Source(Mode.BRIDGE, "br0")


def test_two_domains_are_one_plan() -> None:
    orphan = with_link(bridge_host(), "vnet0", master=None, port=None)
    (web1,) = orphan.domains
    orphans = replace(orphan, domains=(web1, replace(web1, name="web2")), asked=("web1", "web2"))
    desired = together(wants_of(orphans, walk(orphans)))
    assert [want.domain for want in desired.nics] == ["web1", "web2"]


def test_what_is_wanted_twice_is_wanted_once() -> None:
    network = Desired(networks=(NetworkWant(name="lab", intent=Intent.UPDATE),))
    link, plug = (
        Desired(nics=(NicWant(domain="web1", nic="lan", intent=Intent.UPDATE, patch=patch),))
        for patch in (NicPatch(link="up"), NicPatch(source=Source(Mode.BRIDGE, "br0")))
    )
    desired = together([network, link, plug, network])
    assert desired.networks == network.networks
    (nic,) = desired.nics
    assert (nic.patch.link, nic.patch.source) == ("up", Source(Mode.BRIDGE, "br0"))
    assert nic.patch.mtu is UNSET


def test_a_network_that_starts_plugs_its_guests_in_itself() -> None:
    network = Desired(networks=(NetworkWant(name="lab", intent=Intent.UPDATE),))
    on, elsewhere, more = (
        Desired(nics=(NicWant(domain=name, nic="lan", intent=Intent.UPDATE, patch=patch),))
        for name, patch in (
            ("web1", NicPatch(source=Source(Mode.NETWORK, "lab"))),
            ("web2", NicPatch(source=Source(Mode.NETWORK, "other"))),
            ("web3", NicPatch(source=Source(Mode.NETWORK, "lab"), link="up")),
        )
    )
    assert [want.domain for want in together([on, network, elsewhere, more]).nics] == [
        "web2",
        "web3",
    ]
