"""Several hosts, and several specs, that write one database of OVN's."""

from __future__ import annotations

from functools import partial
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest

import vnetmgr
from vnetmgr.engine.northbound import looked_at, northbound_of
from vnetmgr.host.connect import Host
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ovn import Database

    Hosts = Callable[..., vnetmgr.Host]


def spec(*, ovn: dict[str, object] | None = None, **blue: object) -> dict[str, Any]:
    """One overlay, and a network of the host's own."""
    return {
        "version": 1,
        **({} if ovn is None else {"ovn": ovn}),
        "networks": {
            "blue": {"mode": "overlay", "subnet": "10.66.0.0/24", **blue},
            "own": {"mode": "isolated", "subnet": "10.9.0.0/24", "bridge": "own0"},
        },
    }


def switches(northbound: Database) -> list[str]:
    found: list[str] = northbound.ctl("--bare --columns=name list Logical_Switch").split()
    return found


def done(report: vnetmgr.Report) -> set[tuple[str, str]]:
    return {(str(each.change.action), each.change.about.name) for each in report.outcomes}


def test_the_first_makes_it_and_the_others_join(host: Hosts, northbound: Database) -> None:
    first, second = host(1), host(2)
    assert ("create", "blue") in done(first.apply(spec()))
    assert ("create", "blue") in done(second.apply(spec()))
    assert switches(northbound) == ["blue"]
    for each in (first, second):
        assert each.plan(spec()).changes == ()
        (seen,) = [row.seen.any for row in each.networks("blue")]
        assert [str(subnet) for subnet in seen.subnets] == ["10.66.0.0/24"]


def test_what_one_changes_is_so_for_all(host: Hosts) -> None:
    first, second = host(1), host(2)
    for each in (first, second):
        each.apply(spec())
    first.update_network("blue", dns_domain="blue.internal")
    (seen,) = [row.seen.any for row in second.networks("blue")]
    assert seen.dns_domain == "blue.internal"
    assert second.plan(spec(dns_domain="blue.internal")).changes == ()


def at_once(hosts: list[vnetmgr.Host], wanted: dict[str, Any]) -> list[vnetmgr.VnetError]:
    """All of them apply it at the same moment; what failed."""
    together, failed = Barrier(len(hosts)), []

    def run(each: vnetmgr.Host) -> None:
        together.wait()
        try:
            each.apply(wanted)
        except vnetmgr.VnetError as error:
            failed.append(error)

    threads = [Thread(target=run, args=(each,)) for each in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_hosts_that_join_and_leave_at_once(host: Hosts, northbound: Database) -> None:
    hosts = [host(number) for number in range(1, 5)]
    for _ in range(2):
        failed = at_once(hosts, spec())
        assert switches(northbound) == ["blue"]
        assert {type(error) for error in failed} <= {vnetmgr.FailedError, vnetmgr.RefusedError}
        for each in hosts:
            each.apply(spec())
            assert each.plan(spec()).changes == ()
        nothing = {"version": 1, "networks": {}, "prune": True}
        at_once(hosts, nothing)
        for each in hosts:
            each.apply(nothing)
        # The last one took the switch away, whichever that was.
        assert switches(northbound) == []


def refused(call: Callable[[], object]) -> vnetmgr.VnetError:
    with pytest.raises(vnetmgr.VnetError) as caught:
        call()
    assert caught.value.exit_code is vnetmgr.ExitCode.REFUSED
    return caught.value


def test_another_fleets_is_left_alone(host: Hosts, northbound: Database) -> None:
    first, second = host(1), host(2)
    first.apply(spec(ovn={"fleet": "prod"}))
    before = northbound.ctl("list Logical_Switch")
    error = refused(lambda: second.apply(spec(ovn={"fleet": "test"}, subnet="10.67.0.0/24")))
    assert "blue" in error.message
    assert "prod" in error.message
    assert northbound.ctl("list Logical_Switch") == before
    assert second.network_names() == ["own"]  # the rest is done


def test_what_is_nobodys_is_left_alone(host: Hosts, northbound: Database) -> None:
    northbound.ctl("ls-add blue")
    before = northbound.ctl("list Logical_Switch")
    error = refused(lambda: host().apply(spec()))
    assert "blue" in error.message
    assert northbound.ctl("list Logical_Switch") == before


def test_an_older_spec_does_not_write_over_a_newer_one(host: Hosts) -> None:
    puller, pusher = host(1), host(2)
    old, new = spec(ovn={"revision": 41}), spec(ovn={"revision": 42}, dns_domain="new.internal")
    for each in (puller, pusher):
        each.apply(old)
    pusher.apply(new)
    older = spec(ovn={"revision": 41}, dns_domain="old.internal")
    error = refused(lambda: puller.apply(older))
    assert "42" in error.message
    assert "41" in error.message
    for none in (spec(dns_domain="old.internal"), spec(ovn={"fleet": "default"}, mtu=1400)):
        refused(partial(puller.apply, none))
    assert puller.plan(new).changes == ()
    same = spec(ovn={"revision": 41}, dns_domain="new.internal")
    assert puller.plan(same).changes == ()  # and no error
    assert puller.plan(same).errors == ()


def test_a_newer_one_is_stamped_and_a_command_keeps_that(host: Hosts, northbound: Database) -> None:
    first = host()
    first.apply(spec(ovn={"revision": 1}))
    (change,) = first.plan(spec(), revision=7).changes
    assert [(each.field, each.before, each.after) for each in change.fields] == [
        ("revision", "1", "7")
    ]
    first.apply(spec(), revision=7)
    first.update_network("blue", dns_domain="blue.internal")
    assert 'vnetmgr-revision="7"' in northbound.ctl("list Logical_Switch")
    assert first.plan(spec(), revision=7).changes == ()


def test_it_goes_with_the_last_host_that_has_it(host: Hosts, northbound: Database) -> None:
    first, second = host(1), host(2)
    for each in (first, second):
        each.apply(spec())
    first.delete_network("blue")
    assert switches(northbound) == ["blue"]
    assert second.plan(spec()).changes == ()
    second.delete_network("blue")
    assert switches(northbound) == []


@pytest.mark.parametrize("at", ["unix:/run/nobody/nb.sock", "tcp:127.0.0.1:1"])
def test_without_the_database_the_rest_is_done(host: Hosts, at: str) -> None:
    alone = host(ovn_nb=at)
    with pytest.raises(vnetmgr.FailedError) as caught:
        alone.apply(spec())
    assert at in caught.value.message
    assert alone.network_names() == ["own"]


GUESTS = {
    f"web{number}": {"nics": {"lan": {"network": "blue", "address": f"10.66.0.1{number}"}}}
    for number in (1, 2)
}


def guests(revision: int, **changes: dict[str, Any]) -> dict[str, Any]:
    """The overlay with a guest on each of two hosts."""
    return {**spec(ovn={"revision": revision}), "domains": {**GUESTS, **changes}}


def ports(northbound: Database) -> set[str]:
    """Whose each port is, and the address that it has."""
    found = northbound.ctl("--bare --columns=external_ids,addresses list Logical_Switch_Port")
    lines = [each.split() for each in found.split("\n\n") if "vnetmgr-domain=" in each]
    said = [(dict(word.partition("=")[::2] for word in words), words[-1]) for words in lines]
    return {f"{ids['vnetmgr-domain-name']} {address}" for ids, address in said}


def test_each_host_has_the_ports_of_its_own_guests(host: Hosts, northbound: Database) -> None:
    first, second = host(1), host(2)
    first.apply(guests(1))
    assert ports(northbound) == {"web1 10.66.0.11"}
    second.apply(guests(1))
    assert ports(northbound) == {"web1 10.66.0.11", "web2 10.66.0.12"}
    for each in (first, second):
        assert each.plan(guests(1)).changes == ()


@pytest.mark.parametrize(
    "older",
    [
        guests(41, web1={"nics": {"lan": {"network": "blue", "address": "10.66.0.99"}}}),
        guests(41, web1={"nics": {"lan": {"network": "blue"}, "x": {"network": "blue"}}}),
        {**guests(41, web1={"nics": {}}), "prune": True},
        {"version": 1, "ovn": {"revision": 41}, "networks": {}, "prune": True},
        {"version": 1, "networks": {}, "domains": {"web1": {"nics": {}}}, "prune": True},
    ],
    ids=["an address", "another nic", "without a nic", "without the network", "of no revision"],
)
def test_one_that_is_behind_changes_no_guest_either(
    host: Hosts, northbound: Database, older: dict[str, Any]
) -> None:
    behind, other = host(1), host(2)
    for each in (behind, other):
        each.apply(guests(42))
    before = northbound.ctl("list Logical_Switch"), ports(northbound)
    plan = behind.plan(older)
    assert not [each for each in plan.changes if each.network == "blue" or each.domain]
    assert [error.exit_code for error in plan.errors] == [4] * len(plan.errors)
    assert any("42" in error.message for error in plan.errors)
    refused(lambda: behind.apply(older))
    assert (northbound.ctl("list Logical_Switch"), ports(northbound)) == before


def test_a_spec_prunes_nothing_of_another_fleets(host: Hosts, northbound: Database) -> None:
    one = host()
    one.apply(spec(ovn={"fleet": "prod"}))
    others = {"version": 1, "ovn": {"fleet": "test"}, "networks": {}, "prune": True}
    changes = one.plan(others).changes
    assert {each.about.name for each in changes} == {"own"}
    one.apply({**others, "ovn": {"fleet": "prod"}})
    assert switches(northbound) == []
    assert one.network_names() == []


def test_what_all_have_pruned_is_gone(host: Hosts, northbound: Database) -> None:
    nothing = {
        "version": 1,
        "ovn": {"revision": 43},
        "prune": True,
        "networks": {},
        "domains": {name: {"nics": {}} for name in GUESTS},
    }
    first, second = host(1), host(2)
    for each in (first, second):
        each.apply(guests(42))
    first.apply(nothing)
    assert ports(northbound) == {"web2 10.66.0.12"}
    assert second.plan(guests(42)).changes == ()
    second.apply(nothing)
    assert switches(northbound) == []
    for table in ("Logical_Switch_Port", "Logical_Router", "DHCP_Options", "DNS"):
        assert northbound.ctl(f"list {table}") == ""


def test_a_command_is_of_the_fleet_that_the_host_has(host: Hosts, northbound: Database) -> None:
    one = host()
    one.apply(spec(ovn={"fleet": "prod"}))
    one.attach_nic("web1", network="blue", name="lan")
    assert "vnetmgr-fleet=default" not in northbound.ctl("list Logical_Switch_Port")
    assert len(ports(northbound)) == 1
    one.detach_nic("web1", "lan")
    assert ports(northbound) == set()


@pytest.mark.parametrize("said", [True, False], ids=["host: of each", "wherever they are"])
def test_a_list_of_addresses_keeps_those_of_guests_on_other_hosts(
    host: Hosts, northbound: Database, *, said: bool
) -> None:
    first, second = host(1), host(2)
    listed = spec(addresses={"52:54:00:00:00:77": "10.66.0.77"})
    domains = {
        name: {**guest, "host": f"kvm{number}"} if said else guest
        for number, (name, guest) in enumerate(GUESTS.items(), 1)
    }
    whole = {**listed, "domains": domains}
    for number, each in enumerate((first, second), 1):
        each.apply(whole, this_host=f"kvm{number}")
    for number, each in enumerate((first, second), 1):
        assert each.plan(whole, this_host=f"kvm{number}").changes == ()
    found = northbound.ctl("--bare --columns=external_ids list Logical_Switch")
    reserved = [word.rpartition("=")[2] for word in found.split() if "vnetmgr-reserved" in word]
    assert sorted(reserved) == ["10.66.0.11", "10.66.0.12", "10.66.0.77"]
    first.apply({**listed, "domains": {"web1": domains["web1"]}}, this_host="kvm1")
    found = northbound.ctl("--bare --columns=external_ids list Logical_Switch")
    assert "10.66.0.12" not in found


@pytest.mark.parametrize(
    "by_hand",
    [
        "external_ids:vnetmgr-subnets=nonsense",
        "external_ids:vnetmgr-dhcp-ranges=10.9.9.9",
        "external_ids:vnetmgr-revision=abc",
        "external_ids:vnetmgr-revision=99999999999999999999999",
    ],
)
def test_what_is_spoiled_by_hand_is_mended(host: Hosts, northbound: Database, by_hand: str) -> None:
    one = host()
    one.apply(guests(3))
    northbound.ctl(f"set Logical_Switch blue {by_hand}")
    assert one.plan(guests(3)).changes
    one.apply(guests(3))
    assert one.plan(guests(3)).changes == ()
    assert 'vnetmgr-subnets="10.66.0.0/24"' in northbound.ctl("list Logical_Switch blue")


def test_a_spec_puts_no_nic_onto_another_fleet_s_overlay(host: Hosts) -> None:
    kvm1 = host(1)
    kvm1.apply(spec(ovn={"fleet": "a"}))
    wanted = {
        "version": 1,
        "ovn": {"fleet": "b"},
        "domains": {"web1": {"nics": {"lan": {"network": "blue"}}}},
    }
    for _ in range(2):
        with pytest.raises(vnetmgr.FailedError, match="of fleet a, and this spec writes for fl"):
            kvm1.apply(wanted)
    assert list(kvm1.nics()) == []


def test_commands_write_for_the_fleet_that_has_the_overlay(
    host: Hosts, northbound: Database
) -> None:
    kvm1 = host(1)
    for number, fleet in enumerate(("a", "a", "b"), 1):
        kvm1.apply(
            {
                "version": 1,
                "ovn": {"fleet": fleet},
                "networks": {f"n{number}": {"mode": "overlay", "subnet": f"10.{number}.0.0/24"}},
            }
        )
    kvm1.attach_nic("web1", network="n3", name="lan")
    ports = northbound.ctl("--bare --columns=external_ids find Logical_Switch_Port type='\"\"'")
    assert "vnetmgr-fleet=b" in ports
    kvm1.update_network("n3", dns_domain="n3.test")
    kvm1.detach_nic("web1", "lan")
    assert northbound.ctl("--bare --columns=name find Logical_Switch_Port type='\"\"'") == ""


def test_who_hears_the_database_knows_for_whom(northbound: Database) -> None:
    settings = OvnSettings(northbound=northbound.remote, fleet="prod", revision=3)
    with Host.connect("test:///default") as host:
        assert looked_at(host) is None
        northbound_of(host, settings)
        assert looked_at(host) == replace(settings, revision=None)


@pytest.mark.parametrize(
    "ask",
    [
        lambda host: host.attach_nic("web2", network="blue"),
        lambda host: host.network("blue"),
        lambda host: host.leases("blue"),
        lambda host: host.reserve_address("blue", "52:54:00:00:00:01", address="10.66.0.9"),
    ],
    ids=["attach-nic", "show-network", "list-leases", "reserve-address"],
)
def test_a_network_that_other_hosts_have_is_told(
    host: Hosts, ask: Callable[[vnetmgr.Host], object]
) -> None:
    first, second = host(1), host(2)
    first.create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    with pytest.raises(vnetmgr.NotFoundError) as caught:
        ask(second)
    assert caught.value.message.endswith("; OVN has an overlay blue for kvm1")
    assert caught.value.hint == ("have it here as well: vnetmgr create-network blue --mode overlay")
    second.create_network("blue", mode="overlay")
    ask(second)


def test_doctor_shows_how_an_overlay_comes_back_that_has_gone_from_here(host: Hosts) -> None:
    first, second = host(1), host(2)
    for each in (first, second):
        each.create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    second.attach_nic("web2", network="blue", name="lan")
    second.delete_network("blue", force=True)
    found, *_ = second.diagnose("web2").causes
    assert (
        found.cause == "there is no network blue on this host, and OVN has that overlay, for kvm1"
    )
    assert found.remedy == "vnetmgr create-network blue --mode overlay"
