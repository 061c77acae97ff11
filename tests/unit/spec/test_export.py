"""Exported nics plan nothing, whatever libvirt has; what a spec cannot say is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.libvirt_xml.networks.documents import MESSY
from tests.unit.libvirt_xml.test_properties import ANY_TEXT, patches
from tests.unit.planner.builders import (
    LINKS,
    UUID,
    domain,
    domain_xml,
    nic_xml,
)
from tests.unit.spec.exporting import (
    CARD,
    MAC1,
    MAC2,
    NETWORKS,
    changes_nothing,
    host,
    seen,
    wanted,
)
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import merge_nic
from vnetmgr.model.desired import Policy
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.overlay.port_id import overlay_port_id
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features
from vnetmgr.planner import make_plan
from vnetmgr.spec.export import export_spec
from vnetmgr.spec.files import load_spec
from vnetmgr.spec.wants import to_desired

DOCUMENTS = Path(__file__).parent.parent / "libvirt_xml/documents"
GOLDEN = Path(__file__).parents[2] / "golden/nic"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return tmp_path / "spec.yaml"


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
        "<bandwidth><inbound average='9' peak='8'/></bandwidth>"
        "<future a='1'>\n  <b/></future><boot order='10000'/><virtualport type='802.1Qbh'/>"
        "<coalesce><rx><frames max='7'/></rx></coalesce>"
    )
    found = changes_nothing(host(domain(domain_xml(nic_xml(extra=extra)))), spec)
    assert [line.strip() for line in found.text.splitlines()[1:] if "#" in line] == [
        "# not in the spec: virtualport 802.1Qbh",
        "# not in the spec: boot_order 10000",
        "# not in the spec: inbound 72kbit,peak=64kbit",
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


@pytest.mark.parametrize("derived", [True, False])
def test_an_id_that_is_derived_comes_about_by_itself(spec: Path, *, derived: bool) -> None:
    port_id = overlay_port_id(UUID, "52:54:00:00:00:01") if derived else UUID
    port = f"<virtualport type='openvswitch'><parameters interfaceid='{port_id}'/></virtualport>"
    found = changes_nothing(host(domain(domain_xml(nic_xml(extra=port)))), spec)
    assert (f'interfaceid="{UUID}"' in found.text) is not derived
    assert found.text.count("interfaceid") == int(not derived)


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


SLOT = "type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'"


@pytest.mark.parametrize(
    ("nic", "told"),
    [
        (nic_xml(extra="<rom file=''/>"), ['rom file=""']),
        (nic_xml().replace(SLOT, "type='virtio-mmio'"), ['address type="virtio-mmio"']),
        (
            nic_xml(kind="user", source="<source dev='eth0'/>", extra="<backend type='passt'/>"),
            ['source dev="eth0"'],
        ),
        (nic_xml(kind="hostdev", source=f"<source>{CARD}</source>"), ["model virtio"]),
        (
            nic_xml(
                kind="user",
                source="",
                extra="<driver tx_queue_size='512' rx_queue_size='512'/><target dev='tap1'/>",
            ),
            ["driver.rx_queue_size=512,driver.tx_queue_size=512,target.dev=tap1"],
        ),
        (nic_xml(kind="user", source="", extra="<target dev='tap1'/>"), ["target.dev=tap1"]),
        (
            nic_xml(model="e1000e", extra="<driver name='vhost' queues='2'/>"),
            ["queues 2", "driver.name=vhost"],
        ),
        (nic_xml(kind="user", source="", extra="<mtu size='1400'/>"), ["mtu 1400"]),
    ],
)
def test_what_no_new_nic_could_have_is_told_and_not_said(
    nic: str, told: list[str], spec: Path
) -> None:
    """So that the spec makes the nic again where it has gone."""
    found = changes_nothing(host(domain(domain_xml(nic))), spec)
    comments = [line for line in found.text.splitlines() if line.strip().startswith("#")]
    for each in told:
        assert [line for line in comments if each in line], found.text
    kinds = ("bridge", "user", "hostdev")
    templates = {f"nic/{kind}.xml": f"<interface type='{kind}'/>" for kind in kinds}
    gone = replace(host(domain(domain_xml())), templates=templates)
    plan = make_plan(to_desired(load_spec([str(spec)])), gone, Policy())
    assert plan.errors == ()
    assert plan.steps
