"""Guests of other hosts in list-leases, with OVN's real databases; ovn-controller's part is played
by ovn-sbctl."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import vnetmgr
    from tests.ovn import Central
    from vnetmgr.model.rows.networks import LeaseListing

    Hosts = Callable[[int], vnetmgr.Host]


@pytest.fixture
def hosts(host: Callable[..., vnetmgr.Host], central: Central) -> Hosts:
    """Two of them, each with its guest on one overlay; OVN has a host for the second."""
    found = cache(lambda number: host(number, central.remote))
    for number in (1, 2):
        found(number).create_network("blue", mode="overlay", subnet="10.66.0.0/24")
        found(number).attach_nic(f"web{number}", network="blue", name="lan")
    central.south.ctl("chassis-add kvm2 geneve 10.0.0.2 -- set chassis kvm2 hostname=kvm2.test")
    central.north.ctl("--wait=sb sync")
    return found


def port(central: Central, domain: str) -> str:
    """The logical port of its nic."""
    of = f"external_ids:vnetmgr-domain-name={domain}"
    return central.north.ctl(f"--bare --columns=name find Logical_Switch_Port {of}").strip()


def said(listing: LeaseListing) -> list[tuple[str | None, str, str | None, bool | None]]:
    return [(row.label, row.state, row.host, row.bound) for row in listing.rows]


HERE = ("web1/lan", "leased", "kvm1", None)


def test_a_guest_of_another_host_is_named_with_the_host_that_has_its_port(
    hosts: Hosts, central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVN_SB_DB", central.south.remote)
    central.south.ctl(f"lsp-bind {port(central, 'web2')} kvm2")
    listing = hosts(1).leases("blue")
    assert said(listing) == [HERE, ("web2/lan", "leased, on kvm2.test", "kvm2.test", True)]
    assert listing.notes == ()
    assert said(hosts(1).network("blue").leases) == said(listing)
    (there,) = (row for row in hosts(2).leases("blue").rows if row.domain == "web2")
    assert (there.state, there.host, there.is_elsewhere) == ("leased", "kvm2", False)


def test_one_whose_port_no_host_has_is_on_none(
    hosts: Hosts, central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVN_SB_DB", central.south.remote)
    assert said(hosts(1).leases("blue"))[1] == ("web2/lan", "leased, on no host", None, False)


def test_where_nobody_tells_it_is_not_checked(
    hosts: Hosts, central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    central.south.ctl(f"lsp-bind {port(central, 'web2')} kvm2")
    central.north.ctl("--wait=sb sync")
    monkeypatch.setenv("OVN_SB_DB", f"unix:{central.directory}/nobody.sock")
    listing = hosts(1).leases("blue")
    assert said(listing)[1] == ("web2/lan", "leased, host not checked", None, True)
    (note,) = listing.notes
    assert note.startswith("on which hosts guests of other hosts are was not checked: cannot")


def test_a_port_of_a_domain_that_is_here_without_such_a_nic_is_nobody_s(
    hosts: Hosts, central: Central
) -> None:
    """As when virsh has unplugged it: this libvirt knows better than OVN."""
    name = port(central, "web1")
    hosts(1).detach_nic("web1", "lan")
    uuid = hosts(1).domains().rows[0].uuid
    central.north.ctl(
        f"lsp-add blue {name} -- lsp-set-addresses {name} '52:54:00:00:00:77 10.66.0.77' -- set "
        f"Logical_Switch_Port {name} external_ids:vnetmgr-fleet=default "
        f"external_ids:vnetmgr-role=nic external_ids:vnetmgr-domain={uuid}"
    )
    labels = [row.label for row in hosts(1).leases("blue").rows]
    assert None in labels


def test_a_plain_port_of_others_is_nobody_s(hosts: Hosts, central: Central) -> None:
    central.north.ctl(
        "lsp-add blue theirs -- lsp-set-addresses theirs '52:54:00:00:00:77 10.66.0.77'"
    )
    listing = hosts(1).leases("blue")
    assert (None, "leased", None, None) in said(listing)
