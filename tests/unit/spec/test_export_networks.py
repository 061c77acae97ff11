"""Exported networks plan nothing, whatever libvirt has; what a spec cannot say is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.libvirt_xml.networks.documents import MESSY
from tests.unit.libvirt_xml.test_properties import LINK_NAMES
from tests.unit.planner.builders import (
    domain,
    domain_xml,
    nic_xml,
)
from tests.unit.spec.exporting import (
    NETWORKS,
    changes_nothing,
    host,
    ip,
    net,
    seen,
    wanted,
)
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.local.templates import read_template
from vnetmgr.model.desired import Policy
from vnetmgr.model.network import hop_name
from vnetmgr.model.record import replace
from vnetmgr.model.writes import DefineNetwork, UpdateNetwork
from vnetmgr.planner import make_plan
from vnetmgr.spec.files import load_spec
from vnetmgr.spec.wants import to_desired

if TYPE_CHECKING:
    from vnetmgr.model.domain import SeenDomain


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return tmp_path / "spec.yaml"


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("state", ["runs", "off", "transient", "starts with the host"])
def test_networks(kind: str, state: str, spec: Path) -> None:
    document = NETWORKS[kind]
    network = {
        "runs": seen(document, both=True, autostart=False),
        "off": seen(document, autostart=False),
        "transient": seen(None, document, autostart=False),
        "starts with the host": seen(document, both=True),
    }[state]
    found = changes_nothing(host(networks=(network,)), spec)
    assert found.refused == ()
    if state == "off":
        assert wanted(spec) == {}
        assert "  # lab: " in found.text


def test_a_network_without_any_address_comes_back_without(spec: Path) -> None:
    bare = "<network><name>lab</name><bridge name='virbr7'/></network>"
    changes_nothing(host(networks=(seen(bare, both=True),)), spec)
    assert wanted(spec)["lab"]["subnets"] is None
    templates = {"network/isolated.xml": read_template("network/isolated.xml")}
    nowhere = replace(host(), templates=templates)
    plan = make_plan(to_desired(load_spec([str(spec)])), nowhere, Policy())
    (define,) = (op.do for op in plan.steps[0].ops if isinstance(op.do, DefineNetwork))
    assert "<ip" not in define.xml


@pytest.mark.parametrize(
    ("body", "left", "key"),
    [
        # A network of two hosts has no room for a gateway that a spec could say.
        (ip("10.0.0.1", 31), "subnets 10.0.0.0/31", "gateways"),
        # libvirt takes any id of a client, a spec only those that are like one.
        (
            ip(dhcp="<host id='x' ip='10.0.0.5'><lease expiry='0'/></host>"),
            "extra ip[10.0.0.0/24].dhcp.host[10.0.0.5].lease.expiry=0",
            "extra",
        ),
    ],
)
def test_what_stands_in_something_unsaid_is_left_out_with_it(
    body: str, left: str, key: str, spec: Path
) -> None:
    there = seen(net(f"<forward mode='open'/><bridge name='virbr7'/>{body}"), both=True)
    found = changes_nothing(host(networks=(there,)), spec)
    assert f"# not in the spec: {left}" in found.text
    assert key not in wanted(spec)["lab"]


def test_a_network_with_reserved_ipv6_addresses_alone_comes_back(spec: Path) -> None:
    """Of one that is there the first of them would take SLAAC from its guests: it is refused."""
    reserved = "<host id='0:3:0:1:52:54:0:0:e:1' ip='fd00::11'/>"
    six = f"<ip family='ipv6' address='fd00::1' prefix='64'><dhcp>{reserved}</dhcp></ip>"
    there = host(networks=(seen(net(f"<bridge name='virbr7'/>{six}"), both=True),))
    changes_nothing(there, spec)
    desired = to_desired(load_spec([str(spec)]))
    templates = {"network/isolated.xml": read_template("network/isolated.xml")}
    plan = make_plan(desired, replace(host(), templates=templates), Policy())
    written = [op.do for step in plan.steps for op in step.ops]
    assert any("fd00::11" in str(each) for each in written)
    assert (plan.errors, len(plan.notes)) == ((), 1)
    assert "DHCPv6 for what is reserved alone" in plan.notes[0]
    without = there.networks[0].config_xml or ""
    present = host(networks=(seen(without.replace(reserved, ""), both=True),))
    (error,) = make_plan(desired, present, Policy()).errors
    assert "would take that from all of them" in str(error)


LEASED = (
    "<bridge name='virbr7'/><ip address='10.0.0.1' prefix='24'><dhcp>"
    "<host mac='52:54:00:00:0e:01' ip='10.0.0.5'><lease expiry='2' unit='hours'/></host>"
    "</dhcp></ip>"
)
POOL = (
    "<forward mode='hostdev' managed='yes'><driver name='vfio'/>"
    "<address type='pci' domain='0x0000' bus='0x03' slot='0x10' function='0x1'/></forward>"
)


@pytest.mark.parametrize("body", [LEASED, POOL], ids=["a reservation's lease", "a pool of cards"])
def test_settings_of_what_is_made_with_them_come_back(body: str, spec: Path) -> None:
    there = seen(net(body), both=True)
    changes_nothing(host(networks=(there,)), spec)
    names = ("network/isolated.xml", "network/hostdev.xml")
    nowhere = replace(host(), templates={name: read_template(name) for name in names})
    plan = make_plan(to_desired(load_spec([str(spec)])), nowhere, Policy())
    assert plan.errors == ()
    written = [op.do for step in plan.steps for op in step.ops]
    (define,) = (each for each in written if isinstance(each, DefineNetwork))
    assert there.config is not None
    if body == POOL:
        made = read_network(define.xml)
        assert (made.extra, made.pf) == (there.config.extra, None)
    else:
        (reserve,) = (each for each in written if isinstance(each, UpdateNetwork))
        assert '<lease expiry="2" unit="hours"/>' in reserve.xml


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks_that_differ(kind: str, spec: Path) -> None:
    """What is written in config and waits for the next start, and the other way about."""
    for config, live in ((kind, "messy"), ("messy", kind), (kind, "isolated"), ("isolated", kind)):
        network = seen(NETWORKS[config], NETWORKS[live])
        changes_nothing(host(networks=(network,)), spec)


def test_all_of_a_network_is_in_the_spec(spec: Path) -> None:
    network = seen(MESSY, both=True)
    found = changes_nothing(host(networks=(network,)), spec)
    fields = wanted(spec)["lab"]
    assert fields == {field: getattr(network.any, field) for field in fields}
    assert len(fields) == 24  # all but pf, the ranges of NAT, and what is so without a word
    assert fields["extra"] == (
        ("ipv6", "yes"),
        ("ip[10.0.0.0/24].localPtr", "yes"),
        ("ip[10.0.0.0/24].dhcp.host[10.0.0.12].lease.expiry", "5"),
    )
    # Its lease time is not that of the other range, which is said of all.
    assert '# not in the spec: ip/dhcp <range start="10.0.0.200"' in found.text
    assert "# not in the spec: dnsmasq:options <dnsmasq:option" not in found.text


def test_a_networks_dns_is_in_the_spec(spec: Path) -> None:
    document = net(
        "<bridge name='virbr7'/><domain name='lab.test' localOnly='yes'/>"
        "<dns forwardPlainNames='no'><forwarder domain='own.test'/>"
        "<forwarder addr='9.9.9.9' domain='a.test'/><forwarder addr='10.0.0.1'/></dns>"
        "<ip address='10.0.0.1' prefix='24'/><options "
        "xmlns='http://libvirt.org/schemas/network/dnsmasq/1.0'><option value='no-hosts'/>"
        "<option value='address=/apps.lab/10.0.0.5'/><option value='pid-file=/x'/></options>"
    )
    found = changes_nothing(host(networks=(seen(document, both=True),)), spec)
    for line in (
        "dns_forwarders:\n      - {domain: own.test}\n"
        "      - {address: 9.9.9.9, domain: a.test}\n      - 10.0.0.1\n",
        "dns_local_only: true",
        "dns_forward_plain_names: false",
        "dns_options: [no-hosts]",
        'records: [{wildcard: "*.apps.lab", address: 10.0.0.5}]',
    ):
        assert line in found.text
    assert found.text.count("# not in the spec: ") == 1
    assert 'value="pid-file=/x"' in found.text


def test_dns_that_is_off_is_in_the_spec(spec: Path) -> None:
    document = net("<bridge name='virbr7'/><dns enable='no'/><ip address='10.0.0.1' prefix='24'/>")
    found = changes_nothing(host(networks=(seen(document, both=True),)), spec)
    assert "dns: false" in found.text
    assert wanted(spec)["lab"]["dns"] is False


def test_networks_in_each_others_way(spec: Path) -> None:
    """libvirt looks at IPv4 alone, and at what runs."""
    six = "<ip family='ipv6' address='fd00::1' prefix='64'/>"
    two = tuple(seen(net(f"<bridge name='{name}'/>{six}", name), both=True) for name in ("a", "b"))
    found = changes_nothing(host(networks=two), spec)
    assert "subnets" in wanted(spec)["a"]
    assert "# not in the spec: subnets fd00::/64" in found.text


def test_a_network_off_does_not_stand_in_the_way(spec: Path) -> None:
    there = host(
        networks=(
            seen(NETWORKS["isolated"].replace("lab", "a")),
            seen(NETWORKS["isolated"], both=True),
        )
    )
    changes_nothing(there, spec)
    assert "subnets" in wanted(spec)["lab"]


def on_lab(target: str = "vnet8") -> SeenDomain:
    source = "<source network='lab'{}/>"
    return domain(
        domain_xml(nic_xml(kind="network", source=source.format(""))),
        domain_xml(
            nic_xml(
                kind="network", source=source.format(" bridge='virbr7' portid='p'"), target=target
            )
        ),
    )


def test_a_network_with_guests(spec: Path) -> None:
    changes_nothing(host(on_lab(), networks=(seen(NETWORKS["isolated"], both=True),)), spec)
    assert [*wanted(spec)] == ["vm1/lan", "lab"]


def test_an_orphan_is_left_to_whoever_repairs_it(spec: Path) -> None:
    network = seen(NETWORKS["isolated"], both=True)
    found = changes_nothing(host(on_lab("vnet9"), networks=(network,)), spec)
    assert wanted(spec) == {}
    assert "# lab: vm1/lan lost its bridge" in found.text
    assert "# lan: its tap vnet9 has lost virbr7" in found.text


def test_an_orphan_of_another_host(spec: Path) -> None:
    network = replace(seen(NETWORKS["isolated"], both=True), ports=frozenset({"q"}))
    there = replace(host(on_lab(), networks=(network,)), links=None)
    changes_nothing(there, spec)
    assert wanted(spec) == {}


def test_a_repair_that_was_cut_short(spec: Path) -> None:
    hop = seen(None, net("<bridge name='vnetmgr-hop0'/>", hop_name("lab")))
    there = host(networks=(seen(NETWORKS["isolated"], both=True), hop))
    changes_nothing(there, spec)
    assert wanted(spec) == {}


ADDRESSES = st.builds("10.0.{}.{}".format, st.integers(0, 1), st.integers(0, 255))


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A document of whatever libvirt might let in."""
    addresses = st.lists(ADDRESSES, min_size=2, max_size=2)
    ranges = "".join(
        f"<range start='{a}' end='{b}'/>" for a, b in draw(st.lists(addresses, max_size=2))
    )
    hosts = "".join(
        f"<host mac='52:54:00:00:00:0{draw(st.integers(1, 3))}' ip='{address}'/>"
        for address in draw(st.lists(ADDRESSES, max_size=3))
    )
    dhcp = f"<dhcp>{ranges}{hosts}</dhcp>"
    ips = "".join(
        f"<ip address='{address}' prefix='{draw(st.sampled_from((8, 24, 29, 31)))}'>{dhcp}</ip>"
        for address in draw(st.lists(ADDRESSES, max_size=2))
    )
    mode = draw(st.sampled_from(("nat", "route", "open", "bridge", "hostdev", "passthrough")))
    forward = draw(st.sampled_from((f"<forward mode='{mode}'/>", "")))
    groups = "".join(
        f"<portgroup name='{group}'><bandwidth><inbound average='{draw(st.integers(0, 9))}'/>"
        "</bandwidth></portgroup>"
        for group in draw(st.lists(LINK_NAMES, max_size=2, unique=True))
    )
    texts = "".join(
        f"<txt name='{draw(LINK_NAMES)}' value='{draw(LINK_NAMES)}'/>"
        for _ in range(draw(st.integers(0, 2)))
    )
    more = draw(st.sampled_from(("<mtu size='1300'/>", "<domain name='x.y'/>", "")))
    return net(f"{forward}<bridge name='br0'/>{more}{ips}{groups}<dns>{texts}</dns>")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(config=networks(), live=networks(), same=st.booleans(), autostart=st.booleans())
def test_any_network(config: str, live: str, spec: Path, *, same: bool, autostart: bool) -> None:
    network = seen(config, config if same else live, autostart=autostart)
    other = replace(
        seen(live, both=True),
        key="z",
        config=replace(read_network(live), name="z"),
        live=replace(read_network(live), name="z"),
    )
    changes_nothing(host(networks=(network, other)), spec)
