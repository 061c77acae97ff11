"""Overlays' networks on a real northbound database of OVN's, with libvirt's test driver."""

from __future__ import annotations

import gc
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

import vnetmgr
from tests.ovn import Database
from vnetmgr.errors import RefusedError, UsageError, VnetError
from vnetmgr.runtime.answers import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SUBNETS = ["10.66.0.0/24", "fd00:66::/64"]
MAC = "52:54:00:00:00:01"


@pytest.fixture(autouse=True)
def anew() -> None:
    """The driver forgets with its last connection, which what a test has caught may hold."""
    gc.collect()


@pytest.fixture
def host(northbound: Database) -> Iterator[vnetmgr.Host]:
    with vnetmgr.Host.connect("test:///default", ovn_nb=northbound.remote) as host:
        yield host


def column(northbound: Database, table: str, name: str) -> list[Any]:
    """A column's values in OVN."""
    found = json.loads(northbound.ctl(f"--format=json --columns={name} list {table}"))
    return [row[0] for row in found["data"]]


def test_a_networks_life(northbound: Database, host: vnetmgr.Host) -> None:
    host.create_network("blue", mode="overlay", subnet=SUBNETS, dns_domain="x.test", mtu=1400)
    assert column(northbound, "logical_switch", "name") == ["blue"]
    host.update_network("blue", mtu=1300, dhcp_option="option:ntp-server,10.66.0.5")
    options = dict(
        next(o for o in map(_map, column(northbound, "dhcp_options", "options")) if "mtu" in o)
    )
    assert (options["mtu"], options["ntp_server"]) == ("1300", "10.66.0.5")
    shown = host.network("blue").row.seen.any
    assert list(map(str, shown.subnets)) == SUBNETS
    assert (shown.mtu, shown.fleet) == (1300, "default")
    host.stop_network("blue")
    host.start_network("blue")
    host.delete_network("blue")
    assert column(northbound, "logical_switch", "name") == []
    for table in ("logical_router", "dhcp_options", "dns", "nat", "port_group"):
        assert column(northbound, table, "_uuid") == [], table


def _map(value: Any) -> dict[str, str]:
    return dict(value[1])


def test_addresses_and_records(northbound: Database, host: vnetmgr.Host) -> None:
    host.create_network("blue", mode="overlay", subnet=SUBNETS)
    for address in ("10.66.0.77", "fd00:66::77"):
        host.reserve_address("blue", MAC, address=address)
    with pytest.raises(RefusedError, match="is reserved for"):
        host.reserve_address("blue", "52:54:00:00:00:02", address="10.66.0.77")
    with pytest.raises(VnetError, match="MACs alone"):
        host.reserve_address("blue", hostname="x", address="10.66.0.78")
    found = [(str(row.address), row.mac, row.reserved) for row in host.leases("blue").rows]
    assert found == [("10.66.0.77", MAC, True), ("fd00:66::77", MAC, True)]
    host.add_dns_record("blue", host="nas", address="10.66.0.9")
    with pytest.raises(VnetError, match="addresses of hosts alone"):
        host.add_dns_record("blue", txt="t", value="v")
    assert {"nas": "10.66.0.9"} in list(map(_map, column(northbound, "dns", "records")))
    host.remove_dns_record("blue", host="nas")
    host.release_address("blue", MAC)
    assert host.leases("blue").rows == ()
    assert not host.network("blue").row.seen.any.records


SPEC: dict[str, Any] = {
    "version": 1,
    "networks": {
        "blue": {
            "mode": "overlay",
            "subnets": SUBNETS,
            "addresses": {MAC: "10.66.0.77"},
            "records": [{"host": "nas", "address": "10.66.0.9"}],
            "dns_forwarders": ["9.9.9.9"],
        }
    },
}


def test_a_spec_is_what_its_export_says(
    northbound: Database, host: vnetmgr.Host, tmp_path: Path
) -> None:
    host.apply(SPEC)
    assert host.plan(SPEC).steps == ()
    exported = tmp_path / "spec.yaml"
    exported.write_text(host.export(networks=True).text)
    assert "10.66.0.77" in exported.read_text()
    assert host.plan(exported).changes == ()
    northbound.ctl("set logical_switch blue external_ids:somebody=else")
    northbound.ctl("acl-add blue to-lport 1000 ip4 drop")
    host.apply(SPEC | {"networks": {"blue": SPEC["networks"]["blue"] | {"mtu": 1300}}})
    assert column(northbound, "acl", "action") == ["drop"]
    assert _map(column(northbound, "logical_switch", "external_ids")[0])["somebody"] == "else"
    host.reconcile({"version": 1}, prune=True)
    assert column(northbound, "logical_switch", "name") == []


def test_addresses_of_both_ip_versions_and_names_in_any_case(
    northbound: Database, host: vnetmgr.Host, tmp_path: Path
) -> None:
    other = "52:54:00:00:00:02"
    blue = SPEC["networks"]["blue"] | {
        "addresses": {
            other: "fd00:66::78",
            MAC: ["10.66.0.77", {"address": "fd00:66::77", "hostname": "nas"}],
        },
        "records": [
            *({"host": "NAS", "address": "10.66.0.9"}, {"host": "nas", "address": "10.66.0.9"}),
            {"host": "Nas", "address": "10.66.0.8"},
        ],
    }
    spec = SPEC | {"networks": {"blue": blue}}
    spec |= {"domains": {"test": {"nics": {"lan": {"network": "blue", "mac": MAC}}}}}
    host.apply(spec)
    assert host.plan(spec).changes == ()
    said = f"{MAC} 10.66.0.77 fd00:66::77"
    assert said in column(northbound, "logical_switch_port", "addresses")
    exported = tmp_path / "spec.yaml"
    exported.write_text(host.export(networks=True).text)
    host.release_address("blue", MAC)
    host.remove_dns_record("blue", host="NAS")
    host.apply(exported)
    assert host.plan(spec).changes == ()


def test_a_network_goes_with_the_ports_of_its_nics_where_that_is_forced(
    northbound: Database, host: vnetmgr.Host
) -> None:
    guest = {"domains": {"test": {"nics": {"lan": {"network": "blue"}}}}}
    host.apply(SPEC | guest)
    with pytest.raises(RefusedError, match="test/lan"):
        host.delete_network("blue")
    host.delete_network("blue", force=True)
    assert column(northbound, "logical_switch_port", "name") == []


def test_a_spec_without_it_takes_nics_and_network_away(
    northbound: Database, host: vnetmgr.Host
) -> None:
    host.apply(SPEC | {"domains": {"test": {"nics": {"lan": {"network": "blue"}}}}})
    host.reconcile({"version": 1, "domains": {"test": {"nics": {}}}}, prune=True, allow=["replug"])
    assert column(northbound, "logical_switch_port", "name") == []
    assert column(northbound, "logical_switch", "name") == []


def test_two_routers_have_two_addresses(northbound: Database, host: vnetmgr.Host) -> None:
    out: dict[str, Any] = {"external": "physnet", "external_host": "kvm1"}
    blue: dict[str, Any] = {
        "mode": "overlay",
        "subnet": "10.66.0.0/24",
        "external_address": "10.10.0.9/24",
    }
    host.create_network("blue", **blue, **out)
    with pytest.raises(RefusedError, match="is the address of overlay blue's router"):
        host.create_network("red", **blue, **out)
    red = host.create_network("red", **blue | {"external_address": "10.10.0.8/24"}, **out)
    assert any("overlaps 10.66.0.0/24 of overlay blue" in note for note in red.notes)
    with pytest.raises(RefusedError, match="is the address of overlay blue's router"):
        host.update_network("red", external_address="10.10.0.9/24")
    assert sorted(column(northbound, "nat", "external_ip")) == ["10.10.0.8", "10.10.0.9"]


def test_a_mistyped_host_is_told_by_those_that_ovn_has(
    host: vnetmgr.Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    blue: dict[str, Any] = {"mode": "overlay", "subnet": "10.66.0.0/24", "external": "physnet"}
    blue["external_address"] = "10.10.0.9/24"
    with Database("OVN_Southbound") as south:
        monkeypatch.setenv("OVN_SB_DB", south.remote)
        for name in ("kvm1", "kvm2"):
            mapped = "other_config:ovn-bridge-mappings=physnet:br-ex"
            south.ctl(f"chassis-add {name} geneve 10.0.0.{name[3]} -- set chassis {name} {mapped}")
        with pytest.raises(UsageError, match="OVN has no host kvm3, but kvm1, kvm2"):
            host.create_network("blue", external_host="kvm3", **blue)
        made = host.create_network("blue", external_host="kvm2", **blue)
    assert not any("not checked: whether kvm" in note for note in made.notes)
    # Which are asked for where that matters, and else are as they are.
    assert not host.update_network("blue", external_host="kvm2").changed


def test_what_a_host_that_is_no_more_has_left(northbound: Database, host: vnetmgr.Host) -> None:
    host.create_network("blue", mode="overlay", subnet=SUBNETS)
    northbound.ctl("set logical_switch blue external_ids:vnetmgr-host-gone=true")
    host.delete_network("blue")
    assert column(northbound, "logical_switch", "name") == ["blue"]
    with pytest.raises(VnetError, match="does not exist"):
        host.delete_network("blue")
    host.delete_network("blue", force=True)
    assert column(northbound, "logical_switch", "name") == []
    with pytest.raises(VnetError, match="does not exist"):
        host.delete_network("blue", force=True)


def test_what_is_anothers_stays(northbound: Database, host: vnetmgr.Host) -> None:
    northbound.ctl("ls-add blue")
    with pytest.raises(RefusedError, match="which is not vnetmgr's"):
        host.create_network("blue", mode="overlay", subnet=SUBNETS)
    assert "blue" not in host.network_names()
    northbound.ctl("ls-del blue")
    host.create_network("blue", mode="overlay", subnet=SUBNETS)
    northbound.ctl("lsp-add blue theirs")
    with pytest.raises(RefusedError, match="would go with it: theirs"):
        host.delete_network("blue", force=True)
    host.update_network("blue", mtu=1300)
    assert "theirs" in column(northbound, "logical_switch_port", "name")


@pytest.mark.parametrize("runs", [True, False])
def test_no_start_makes_a_switch_that_is_gone(
    northbound: Database, host: vnetmgr.Host, *, runs: bool
) -> None:
    host.create_network("blue", mode="overlay", subnet=SUBNETS)
    if not runs:
        host.stop_network("blue")
    northbound.ctl("ls-del blue")
    with pytest.raises(RefusedError, match="all that it was stood there"):
        host.start_network("blue")


@pytest.mark.parametrize(
    "change",
    [
        lambda host: host.update_network("blue", mtu=1300),
        lambda host: host.add_dns_record("blue", host="nas", address="10.66.0.9"),
        lambda host: host.update_network("blue", subnet="10.66.0.0/24"),
    ],
)
def test_no_command_makes_a_part_of_a_switch_that_is_gone(
    northbound: Database, host: vnetmgr.Host, change: Callable[[vnetmgr.Host], object]
) -> None:
    host.create_network("blue", mode="overlay", subnet=SUBNETS)
    northbound.ctl("ls-del blue")
    with pytest.raises(RefusedError, match="all that it was stood there"):
        change(host)
    assert column(northbound, "logical_switch", "name") == []
    host.apply(SPEC)
    assert column(northbound, "logical_switch", "name") == ["blue"]


@pytest.mark.parametrize("mode", ["overlay", "isolated"])
def test_no_nic_comes_onto_a_network_of_another_mode_than_the_spec_s(
    host: vnetmgr.Host, mode: str
) -> None:
    spec = {
        "version": 1,
        "networks": {"default": {"mode": mode, "subnet": "10.66.0.0/24"}},
        "domains": {"test": {"nics": {"lan": {"network": "default"}}}},
    }
    with pytest.raises(vnetmgr.FailedError) as raised:
        host.apply(spec)
    told = [str(each) for each in raised.value.report.errors]
    assert any("network default is nat, and not what the spec has" in each for each in told)
    assert len(list(host.nics("test"))) == 1


def test_a_database_that_is_not_there(host: vnetmgr.Host, tmp_path: Path) -> None:
    host.create_network("blue", mode="overlay", subnet=SUBNETS)
    with vnetmgr.Host.connect("test:///default", ovn_nb=f"unix:{tmp_path}/nb.sock") as blind:
        listed = blind.networks()
        assert any("what OVN has of blue was not checked" in note for note in listed.notes)
        assert {row.seen.name for row in listed.rows} == {"blue", "default"}
        where = str(tmp_path)
        with pytest.raises(VnetError, match=where):
            blind.update_network("blue", mtu=1300)
        with pytest.raises(VnetError, match=where):
            blind.delete_network("blue")
        with pytest.raises(VnetError, match=where):
            blind.create_network("red", mode="overlay", subnet="10.67.0.0/24")
        # What has nothing to do with it goes on.
        blind.update_network("default", dhcp_range="192.168.122.9-192.168.122.99")
        blind.stop_network("blue")
        blind.start_network("blue")
        exported = tmp_path / "spec.yaml"
        exported.write_text(blind.export(networks=True).text)
        assert "what OVN has of it was not seen" in exported.read_text()
    assert host.plan(exported).changes == ()


@pytest.mark.parametrize("nonsense", ["garbage", "tcp:127.0.0.1:99999", "  "])
def test_nonsense_in_the_environment_is_named_where_it_is_needed(
    nonsense: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVN_NB_DB", nonsense)
    with vnetmgr.Host.connect("test:///default") as host:
        host.create_network("own", mode="isolated", subnet="10.9.0.0/24")
        with pytest.raises(UsageError, match=r"^OVN_NB_DB or .* is no place") as no:
            host.create_network("blue", mode="overlay", subnet=SUBNETS)
    assert "tcp:" in (no.value.hint or "")


def test_a_database_that_hangs_under_a_run_is_named(
    northbound: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ANSWERS, "timeout_s", 3.0)

    def stop(text: str) -> None:
        if text.endswith(": write network blue"):
            os.kill(northbound.pid, signal.SIGSTOP)

    with vnetmgr.Host.connect("test:///default", ovn_nb=northbound.remote, trace=stop) as host:
        try:
            with pytest.raises(vnetmgr.VnetError) as raised:
                host.create_network("blue", mode="overlay", subnet="10.66.0.0/24")
        finally:
            os.kill(northbound.pid, signal.SIGCONT)
        said = (
            f"OVN's northbound database {northbound.remote} has not answered for 3 s: network blue"
        )
        assert said in raised.value.message
        assert "cluster/status OVN_Northbound" in (raised.value.hint or "")
        assert not isinstance(raised.value, vnetmgr.NoAnswerError)


def test_what_is_asked_of_ovn_is_traced_beside_libvirts_calls(northbound: Database) -> None:
    seen: list[str] = []
    with vnetmgr.Host.connect(
        "test:///default", ovn_nb=northbound.remote, trace=seen.append
    ) as host:
        host.create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    own = [
        text for text in seen if text.startswith(f"OVN's northbound database {northbound.remote}: ")
    ]
    assert any(text.endswith(": read") for text in own)
    assert any(text.endswith(": write network blue") for text in own)
