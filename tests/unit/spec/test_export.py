"""What is exported plans nothing, whatever libvirt has; and what a spec cannot say is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.libvirt_xml.networks import MESSY
from tests.unit.libvirt_xml.test_properties import ANY_TEXT, LINK_NAMES, patches
from tests.unit.planner.builders import (
    LINKS,
    domain,
    domain_xml,
    nic_xml,
    observed,
)
from vnetmgr.libvirt_xml.network_read import read_network
from vnetmgr.libvirt_xml.nic_read import read_nic
from vnetmgr.libvirt_xml.nic_write import merge_nic
from vnetmgr.model.desired import ALLOWANCES, Features, Policy
from vnetmgr.model.network import SeenNetwork, hop_name
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.record import replace
from vnetmgr.planner import make_plan
from vnetmgr.spec.export import Export, export_spec
from vnetmgr.spec.files import load_spec
from vnetmgr.spec.wants import to_desired

if TYPE_CHECKING:
    from vnetmgr.model.desired import Observed
    from vnetmgr.model.domain import SeenDomain

DOCUMENTS = Path(__file__).parent.parent / "libvirt_xml/documents"
GOLDEN = Path(__file__).parents[2] / "golden/nic"
PLUGGED = replace(LINKS, ports={"vnet7": "br0", "vnet8": "virbr7"})
MAC1, MAC2 = "52:54:00:00:00:01", "52:54:00:00:00:02"


def seen(
    config: str | None, live: str | None = None, *, autostart: bool = True, both: bool = False
) -> SeenNetwork:
    """A network from its documents; `both`: it runs as its config says."""
    live = config if both else live
    documents = [read_network(xml) if xml else None for xml in (config, live)]
    return SeenNetwork(
        key=next(each.name for each in documents if each),
        autostart=autostart,
        config=documents[0],
        live=documents[1],
        config_xml=config,
        live_xml=live,
    )


def host(*domains: SeenDomain, networks: tuple[SeenNetwork, ...] = ()) -> Observed:
    return replace(observed(), domains=domains, networks=networks, links=PLUGGED)


def changes_nothing(there: Observed, path: Path) -> Export:
    """The export, which has to be a spec that plans nothing, however far it may go."""
    found = export_spec(there)
    path.write_text(found.text, encoding="utf-8")
    desired = to_desired(load_spec([str(path)]))
    for allow in ((), ALLOWANCES):
        plan = make_plan(desired, there, Policy(allow=frozenset(allow)))
        assert (plan.steps, plan.errors, plan.waiting) == ((), (), ()), found.text
    return found


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return tmp_path / "spec.yaml"


def wanted(path: Path) -> dict[str, dict[str, object]]:
    """Domain/key, or a network's name -> what the spec wants of it."""
    loaded = load_spec([str(path)])
    nics = {
        f"{nic.domain}/{nic.spec_name}": dict(nic.patch.items())
        for domain in loaded.domains
        for nic in domain.nics
    }
    return nics | {want.name: dict(want.patch.items()) for want in loaded.networks}


# --- nics


def test_documents_of_a_real_libvirt(spec: Path) -> None:
    guest = domain(
        (DOCUMENTS / "q35-config.xml").read_text(), (DOCUMENTS / "q35-live.xml").read_text()
    )
    ports = {"vnet0": "br0", "vnet1": "virbr0", "vnet2": "br1", "vnet3": "virbr9"}
    there = replace(host(guest), links=replace(LINKS, ports=ports))
    found = changes_nothing(there, spec)
    assert found.refused == ()
    assert found.text.count(" mac: ") == 7
    assert "#" not in found.text.partition("\n")[2]


@pytest.mark.parametrize("case", sorted(GOLDEN.iterdir()), ids=lambda case: case.name)
@pytest.mark.parametrize("runs", [False, True], ids=["off", "runs"])
def test_golden_nics(case: Path, spec: Path, *, runs: bool) -> None:
    for name in ("in.xml", "out.xml"):
        document = domain_xml((case / name).read_text())
        changes_nothing(host(domain(document, document if runs else None)), spec)


PCI = "<address type='pci' domain='0' bus='3' slot='1' function='0'/>"
ODD = {
    "live only": (None, nic_xml(target="vnet7")),
    "config only": (nic_xml(), None),
    "moved": (nic_xml(source="<source bridge='br1'/>"), nic_xml(target="vnet7")),
    "mtu waits": (nic_xml(extra="<mtu size='9000'/>"), nic_xml(target="vnet7")),
    "rate changed": (
        nic_xml(extra="<bandwidth><inbound average='9'/></bandwidth>"),
        nic_xml(target="vnet7", extra="<bandwidth><inbound average='8'/></bandwidth>"),
    ),
    "rate set live": (
        nic_xml(),
        nic_xml(target="vnet7", extra="<bandwidth><inbound average='8'/></bandwidth>"),
    ),
    "link down live": (
        nic_xml(extra="<link state='up'/>"),
        nic_xml(target="vnet7", extra="<link state='down'/>"),
    ),
    "another slot": (nic_xml(), nic_xml(target="vnet7", bus=2)),
    "another MAC": (nic_xml(), nic_xml(target="vnet7", mac=MAC2)),
    "another name": (nic_xml("a"), nic_xml("b", target="vnet7")),
    "orphan": (
        nic_xml(source="<source bridge='br1'/>"),
        nic_xml(source="<source bridge='br1'/>", target="vnet7"),
    ),
    "of a hop": (
        nic_xml(kind="network", source="<source network='lab'/>"),
        nic_xml(
            kind="network",
            source="<source network='vnetmgr-hop-lab' bridge='vnetmgr-hop0'/>",
            target="vnet7",
        ),
    ),
    "of a card's network": (
        nic_xml(kind="network", source="<source network='pool'/>"),
        nic_xml(
            kind="hostdev",
            source=f"<source>{PCI}</source>",
        ),
    ),
}


@pytest.mark.parametrize("kind", ODD)
def test_states_that_differ(kind: str, spec: Path) -> None:
    config, live = ODD[kind]
    second = nic_xml("other", mac="52:54:00:00:00:99", kind="user", source="", bus=3)
    guest = domain(*(domain_xml(*filter(None, (each, second))) for each in (config, live)))
    pool = seen(NETWORKS["hostdev"].replace("lab", "pool"), both=True)
    found = changes_nothing(host(guest, networks=(pool,)), spec)
    assert found.refused == ()
    assert "vm1/other" in wanted(spec)


def test_what_waits_is_told(spec: Path) -> None:
    config, live = ODD["mtu waits"]
    found = changes_nothing(host(domain(domain_xml(str(config)), domain_xml(str(live)))), spec)
    assert "# mtu: 9000 in config, none live; left as it is" in found.text


def test_a_nic_in_one_state_is_ready_to_be_taken_in(spec: Path) -> None:
    found = changes_nothing(host(domain(domain_xml(), domain_xml(nic_xml(target="vnet7")))), spec)
    assert "# lan: it is only live, and a spec's nics are in both" in found.text
    spec.write_text(
        re.sub(
            r"^      # (lan:$|  )", r"      \1", found.text.replace("nics: {}", "nics:"), flags=re.M
        )
    )
    assert wanted(spec)["vm1/lan"]["source"] == Source(Mode.BRIDGE, "br0")


def test_a_transient_domain_is_as_it_runs(spec: Path) -> None:
    guest = domain(None, domain_xml(nic_xml(target="vnet7", extra="<mtu size='1400'/>")))
    changes_nothing(host(guest), spec)
    assert wanted(spec)["vm1/lan"]["mtu"] == 1400


def test_a_driver_without_device_calls_has_configs_alone(spec: Path) -> None:
    guest = domain(domain_xml(nic_xml()), domain_xml())
    there = replace(host(guest), features=Features(device_calls=False))
    changes_nothing(there, spec)
    assert "vm1/lan" in wanted(spec)


def test_an_owned_nic_keeps_its_name(spec: Path) -> None:
    nics = (
        nic_xml("vnetmgr-lan"),
        nic_xml("lan", mac=MAC2, bus=2),
        nic_xml("nic0", mac="52:54:00:00:00:03", bus=3),
    )
    changes_nothing(host(domain(domain_xml(*nics))), spec)
    assert {key: value["mac"] for key, value in wanted(spec).items()} == {
        "vm1/lan": MAC1,
        "vm1/nic1": MAC2,
        "vm1/nic0": "52:54:00:00:00:03",
    }


def test_nics_that_cannot_be_told_apart_are_refused_by_name(spec: Path) -> None:
    alike = (nic_xml(None), nic_xml(None, bus=2), nic_xml("third", bus=3))
    found = changes_nothing(host(domain(domain_xml(*alike))), spec)
    assert found.refused == tuple(
        f"domain vm1: nic {MAC1} 0000:0{bus}:00.0: another nic has its MAC, and it has no name of "
        "its own"
        for bus in (1, 2)
    )
    assert [*wanted(spec)] == ["vm1/third"]
    assert "mac" not in wanted(spec)["vm1/third"]
    for message in found.refused:
        assert f"# {message.partition('nic ')[2]}" in found.text


def test_two_domains_with_one_mac(spec: Path) -> None:
    """A copy of a domain's definition: a spec takes each MAC once."""
    one = domain(domain_xml(nic_xml(), nic_xml(None, mac=MAC2, bus=2)))
    found = changes_nothing(host(one, replace(one, name="vm2")), spec)
    assert [*wanted(spec)] == ["vm1/lan", "vm1/nic0", "vm2/lan"]
    assert [each.partition(":")[0] for each in found.refused] == ["domain vm2"]


def test_without_a_mac_a_nic_needs_a_name(spec: Path) -> None:
    nics = (nic_xml("lan"), nic_xml(None, bus=2))
    bare = [re.sub("<mac .*?/>", "", nic) for nic in nics]
    found = changes_nothing(host(domain(domain_xml(*bare))), spec)
    assert [*wanted(spec)] == ["vm1/lan"]
    assert len(found.refused) == 1
    assert "it has no MAC and no name" in found.refused[0]


def test_a_mac_that_no_nic_may_have(spec: Path) -> None:
    """libvirt refuses it at the start alone."""
    nics = (nic_xml("lan", mac="fe:54:00:00:00:01"), nic_xml(None, mac="00:00:00:00:00:00", bus=2))
    found = changes_nothing(host(domain(domain_xml(*nics))), spec)
    assert [*wanted(spec)] == ["vm1/lan"]
    assert "# 00:00:00:00:00:00 0000:02:00.0: a spec cannot say its source or MAC" in found.text


@pytest.mark.parametrize(
    "mode", ["ethernet", "vhostuser", "vdpa", "internal", "server", "null", "x"]
)
def test_sources_that_a_spec_has_no_word_for(mode: str, spec: Path) -> None:
    found = changes_nothing(host(domain(domain_xml(nic_xml(kind=mode)))), spec)
    assert wanted(spec) == {}
    assert re.search("^      # lan .*a spec cannot say", found.text, re.M)
    assert "nics: {}" in found.text


def test_what_a_spec_cannot_say_is_a_comment(spec: Path) -> None:
    extra = (
        "<bandwidth><inbound average='9' peak='10' burst='11'/><outbound peak='3'/></bandwidth>"
        "<future a='1'>\n  <b/></future><boot order='10000'/><virtualport type='802.1Qbh'/>"
        "<coalesce><rx><frames max='7'/></rx></coalesce>"
    )
    found = changes_nothing(host(domain(domain_xml(nic_xml(extra=extra)))), spec)
    assert [line.strip() for line in found.text.splitlines()[1:] if "#" in line] == [
        "# not in the spec: virtualport 802.1Qbh",
        "# not in the spec: boot_order 10000",
        '# not in the spec: bandwidth/inbound burst="11" peak="10"',
        '# not in the spec: bandwidth/outbound peak="3"',
        '# not in the spec: <future a="1"><b/></future>',
        '# not in the spec: <coalesce><rx><frames max="7"/></rx></coalesce>',
    ]


TEXTS = [
    "no",
    "1e3",
    "0x1",
    "~",
    "none",
    "a: b",
    "a #b",
    "#a",
    " a",
    "'",
    '"',
    "\\",
    "ü",
    "=",
    "<<",
    "- a",
    "52:54:00:12:34:22",
    "null",
    "1_000",
    "@a",
    "!a",
    "{a",
    "x\u2028y",
    "[a]",
    "a,b",
    "%a",
    "&a",
    "*a",
    "|",
    "?",
    "off",
    "2001-01-01",
    "12:30",
    "é\x7f",
]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text(text: str, spec: Path) -> None:
    patch = NicPatch(
        source=Source(Mode.NETWORK, f"{text}2"),
        model=text,
        portgroup=text,
        filter=text,
        filter_param=(("IP", text), ("MAC", text)),
        extra=(("rom.file", text),),
    )
    nic = merge_nic(nic_xml(), patch)
    assert read_nic(nic).model == text
    guest = replace(domain(domain_xml(nic)), name=text)
    net = replace(read_network(MESSY), name=text)
    network = replace(seen(MESSY, both=True), key=text, config=net, live=net)
    changes_nothing(host(guest, networks=(network,)), spec)
    if text.isprintable() and text != "none":
        nic_want = wanted(spec)[f"{text}/lan"]
        assert {nic_want[field] for field in ("model", "portgroup", "filter")} == {text}
        assert nic_want["filter_param"] == patch.filter_param


def test_a_parameter_that_stands_twice(spec: Path) -> None:
    two = (("IP", "10.0.0.1"), ("IP", "10.0.0.2"))
    nic = merge_nic(nic_xml(), NicPatch(filter="f", filter_param=two))
    changes_nothing(host(domain(domain_xml(nic))), spec)
    assert wanted(spec)["vm1/lan"]["filter_param"] == two


def test_a_portgroup_that_the_network_does_not_have(spec: Path) -> None:
    nic = nic_xml(kind="network", source="<source network='lab' portgroup='gone'/>")
    found = changes_nothing(host(domain(domain_xml(nic)), networks=(seen(MESSY, both=True),)), spec)
    assert "# not in the spec: portgroup gone" in found.text


def test_only_the_domains_asked_for(spec: Path) -> None:
    one = domain(domain_xml(nic_xml()))
    found = export_spec(host(one, replace(one, name="vm2")), domains=["vm2"])
    spec.write_text(found.text)
    assert [*wanted(spec)] == ["vm2/lan"]


# --- networks


def net(body: str, name: str = "lab", root: str = "") -> str:
    return f"<network{root}><name>{name}</name>{body}</network>"


FORWARD = {mode: f"<forward mode='{mode}'/>" for mode in ("nat", "open", "bridge", "hostdev")}
DNSMASQ = " xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'"


def ip(address: str = "10.0.0.1", prefix: int = 24, dhcp: str = "") -> str:
    """An `<ip>`; with `dhcp`, what is in it."""
    family = "family='ipv6' " if ":" in address else ""
    return f"<ip {family}address='{address}' prefix='{prefix}'><dhcp>{dhcp}</dhcp></ip>"


def span(start: str, end: str, lease: str = "") -> str:
    expiry = f"<lease expiry='{lease}'/>" if lease else ""
    return f"<range start='{start}' end='{end}'>{expiry}</range>"


def reserved(address: str, mac: str = "", **more: str) -> str:
    client = {"mac": mac} | more if mac else more
    return f"<host {' '.join(f'{k}={v!r}' for k, v in client.items())} ip='{address}'/>"


def record(name: str) -> str:
    return f"<host ip='10.0.0.9'><hostname>{name}</hostname></host>"


def option(value: str) -> str:
    return f"<dnsmasq:options><dnsmasq:option value='{value}'/></dnsmasq:options>"


TAGGED = "<portgroup name='a'><vlan><tag id='5'/></vlan></portgroup>"
SHORT = span("10.0.0.5", "10.0.0.9")
OWN = "<bridge name='virbr7'/>"
CARD = "<address type='pci' domain='0' bus='3' slot='1' function='1'/>"
NETWORKS = {
    "messy": MESSY,
    "nothing": net(""),
    "isolated": net(OWN + ip()),
    "open": net(FORWARD["open"] + OWN + ip()),
    "routed": net(f"<forward mode='route' dev='eth0'/>{OWN}{ip()}"),
    "bridge": net(f"{FORWARD['bridge']}<bridge name='br0'/>{TAGGED}"),
    "openvswitch": net(
        f"{FORWARD['bridge']}<bridge name='ovs'/><virtualport type='openvswitch'/>"
        "<vlan><tag id='3'/></vlan>"
    ),
    "hostdev": net("<forward mode='hostdev' managed='yes'><pf dev='eth0'/></forward>"),
    "hostdev by address": net(f"<forward mode='hostdev'>{CARD}</forward>"),
    "macvtap": net("<forward mode='private'><interface dev='eth0'/></forward>"),
    "passthrough": net("<forward mode='passthrough'><pf dev='eth0'/></forward>"),
    "without a subnet": net(FORWARD["nat"]),
    "gateway at the end": net(ip("10.0.0.254", dhcp=SHORT)),
    "one subnet twice": net(ip("10.0.0.1") + ip("10.0.0.2")),
    "one in the other": net(ip("10.0.0.1", 8) + ip("10.1.0.1")),
    "one address twice": net(ip() + ip()),
    "the network's address": net(ip("10.0.0.0")),
    "a single host": net(ip("10.0.0.1", 32)),
    "a pair": net(ip("10.0.0.0", 31)),
    "link-local": net(ip("fe80::1", 64)),
    "loopback": net(ip("127.5.0.1")),
    "gateway in a range": net(ip(dhcp=span("10.0.0.1", "10.0.0.9"))),
    "range elsewhere": net(ip(dhcp=span("10.9.0.1", "10.9.0.9"))),
    "range backwards": net(ip(dhcp=span("10.0.0.9", "10.0.0.1"))),
    "two with DHCP": net(ip(dhcp=SHORT) + ip("10.1.0.1", dhcp=span("10.1.0.5", "10.1.0.9"))),
    "lease times": net(
        ip(dhcp=span("10.0.0.5", "10.0.0.9", "1") + span("10.0.0.15", "10.0.0.19", "90"))
    ),
    "for ever": net(ip(dhcp=span("10.0.0.5", "10.0.0.9", "0"))),
    "host elsewhere": net(ip(dhcp=reserved("10.9.0.1", MAC1))),
    "host without address": net(ip(dhcp=f"<host mac='{MAC1}' name='a'/>")),
    "host by name": net(ip(dhcp=reserved("10.0.0.9", name="a"))),
    "name of both kinds": net(
        ip(dhcp=reserved("10.0.0.9", name="a"))
        + ip("fd00::1", 64, dhcp=reserved("fd00::9", name="a"))
    ),
    "one client twice": net(ip(dhcp=reserved("10.0.0.9", MAC1) + reserved("10.0.0.8", MAC1))),
    "one address for two": net(ip(dhcp=reserved("10.0.0.9", MAC1) + reserved("10.0.0.9", MAC2))),
    "odd hostname": net(ip(dhcp=reserved("10.0.0.9", MAC1, name="a b,c"))),
    "short DUID": net(ip("fd00::1", 64, dhcp=reserved("fd00::9", id="0:3:0"))),
    "odd domain": net("<domain name='a b'/>" + ip()),
    "none of it": net("<domain name='none'/>" + ip()),
    "odd option": net(ip() + option('dhcp-option="x'), root=DNSMASQ),
    "odd text": net(f"<dns><txt name='a' value='1,2 # x'/></dns>{ip()}"),
    "odd service": net(f"<dns><srv service='a' protocol='sctp'/></dns>{ip()}"),
    "odd record": net(f"<dns>{record('a b')}</dns>{ip()}"),
    "records": net(
        "<dns><txt name='a' value='key=v: x'/><srv service='a' protocol='tcp'/>"
        f"{record('no')}{record('1e3')}</dns>{ip()}"
    ),
    "one record twice": net(f"<dns>{record('a')}{record('a')}</dns>{ip()}"),
    "small MTU": net(f"<mtu size='1000'/>{ip('fd00::1', 64)}"),
    "tiny MTU": net("<mtu size='60'/>"),
    "odd portgroups": net("<portgroup name='a,b'/><portgroup name='none' default='yes'/>"),
    "VLAN where there is none": net(FORWARD["nat"] + ip() + TAGGED),
    "two defaults": net("<portgroup name='a' default='yes'/><portgroup name='b' default='yes'/>"),
    "bridge with a number": net("<bridge name='virbr%d'/>"),
}


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
    assert len(fields) == 15  # all but pf
    assert "# not in the spec: domain localOnly" in found.text
    assert "# not in the spec: dnsmasq:options <dnsmasq:option" in found.text


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
    assert [*wanted(spec)] == ["vm1/lan"]


def test_a_repair_that_was_cut_short(spec: Path) -> None:
    hop = seen(None, net("<bridge name='vnetmgr-hop0'/>", hop_name("lab")))
    there = host(networks=(seen(NETWORKS["isolated"], both=True), hop))
    changes_nothing(there, spec)
    assert wanted(spec) == {}


# --- anything


NICS = st.lists(
    st.tuples(
        patches(ANY_TEXT, clear=False), patches(ANY_TEXT, clear=True), st.sampled_from("clb")
    ),
    max_size=4,
)
START = "<interface type='bridge'><source bridge='br0'/><unknown a='1'/></interface>"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(nics=NICS, name=ANY_TEXT, runs=st.booleans(), persistent=st.booleans())
def test_any_domain(
    nics: list[tuple[NicPatch, NicPatch, str]],
    name: str,
    spec: Path,
    *,
    runs: bool,
    persistent: bool,
) -> None:
    config, live = [], []
    for first, second, where in nics:
        nic = merge_nic(START, first)
        if where in "cb":
            config.append(nic)
        if where in "lb":
            live.append(merge_nic(nic, second) if where == "b" else nic)
    documents = [domain_xml(*each) for each in (config, live)]
    guest = domain(documents[0] if persistent or not runs else None, documents[1] if runs else None)
    changes_nothing(host(replace(guest, name=name)), spec)


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
