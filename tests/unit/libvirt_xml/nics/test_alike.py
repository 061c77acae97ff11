"""Nics that are alike but for what libvirt gives each are read as each by itself is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.libvirt_xml.samples import CONFIG, LIVE
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.excerpt_read import read_one_of_many
from vnetmgr.libvirt_xml.nics.alike import known_nics, remember
from vnetmgr.model.nic import Nic

ONE, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:02"
PORT = "ccd29f93-2ef0-4aaf-b5e1-5ad1f4b3d2a0"
PLAIN = "<mac address='MAC'/><source bridge='br0'/><model type='virtio'/>"


def document(*nics: str, root: str = "type='kvm'", metadata: str = "") -> str:
    inner = "".join(f"<interface type='bridge'>{nic}</interface>" for nic in nics)
    return (
        f"<domain {root}><name>x</name><uuid>6f6b85e6-5ba2-498d-a1f1-093c7ccd92ec</uuid>{metadata}"
        f"<devices><emulator>/usr/bin/qemu</emulator>{inner}</devices></domain>"
    )


def check_read(template: str, *macs: str) -> None:
    for number, mac in enumerate(macs):
        xml = template.replace("MAC", mac).replace("NUMBER", str(number))
        assert read_one_of_many(xml) == read_domain(xml)


@pytest.mark.parametrize("template", [CONFIG, LIVE], ids=["config", "live"])
def test_libvirts_own(template: str) -> None:
    check_read(template.replace("52:54:00:12:34:56", "MAC"), ONE, OTHER)


def test_one_that_is_like_another_is_known() -> None:
    template = f"<interface type='bridge'>{PLAIN}</interface>"
    first, second = (template.replace("MAC", mac) for mac in (ONE, OTHER))
    remember([first.encode()], read_domain(document(PLAIN.replace("MAC", ONE))).nics)
    wanted = read_domain(document(PLAIN.replace("MAC", OTHER))).nics
    assert known_nics([second.encode()]) == wanted
    assert known_nics([second.replace("br0", "br1").encode()]) is None


RUNNING = (
    f"<mac address='MAC'/><source network='lan' portid='{PORT[:-1]}NUMBER' bridge='virbr1'/>"
    "<target dev='vnetNUMBER'/><model type='virtio'/><alias name='net0'/>"
)


def known_by_another(running: str) -> tuple[str, tuple[tuple[Nic, str], ...]]:
    """A nic's text, and how it is read by itself, which is known from another's that is alike."""
    template = f"<interface type='network'>{running}</interface>"
    first = template.replace("MAC", ONE).replace("NUMBER", "7")
    second = template.replace("MAC", OTHER).replace("NUMBER", "8")
    whole = document().replace("</devices>", "SECOND</devices>")
    remember([first.encode()], read_domain(whole.replace("SECOND", first)).nics)
    wanted = read_domain(whole.replace("SECOND", second)).nics
    assert known_nics([second.encode()]) == wanted
    return second, wanted


def test_running_ones_are_alike_but_for_target_and_port_as_well() -> None:
    second, wanted = known_by_another(RUNNING)
    assert wanted[0][0].target == "vnet8"
    for before, after in (("vnet8", "tap8"), ("vnet8", "vnet"), (PORT[:-1] + "8", "PORT 8")):
        assert known_nics([second.replace(before, after).encode()]) is None


ON_OVERLAY = RUNNING + (
    "<virtualport type='openvswitch'>"
    f"<parameters interfaceid='NUMBER{PORT[1:]}' profileid='blue'/></virtualport>"
)


def test_nics_on_overlays_are_alike_but_for_their_ids() -> None:
    second, wanted = known_by_another(ON_OVERLAY)
    assert wanted[0][0].interface_id == f"8{PORT[1:]}"
    # One's port may have had the other's interfaceid.
    swapped = second.replace(f"{PORT[:-1]}8", f"7{PORT[1:]}")
    assert known_nics([swapped.encode()]) is None
    check_read(document(ON_OVERLAY, ON_OVERLAY.replace(f"{PORT[:-1]}NUMBER", f"0{PORT[1:]}")), ONE)


@pytest.mark.parametrize(
    "nic",
    [
        ON_OVERLAY,
        ON_OVERLAY.replace(f"NUMBER{PORT[1:]}", f"{PORT[:-1]}NUMBER"),
        ON_OVERLAY.replace(f"{PORT[:-1]}NUMBER", f"NUMBER{PORT[1:]}"),
        ON_OVERLAY.replace("interfaceid='", "interfaceid='x"),
        ON_OVERLAY.replace("profileid='blue'", f"profileid='NUMBER{PORT[1:]}'"),
        ON_OVERLAY.replace(" profileid", " xinterfaceid"),
        ON_OVERLAY.replace("parameters", "others"),
        ON_OVERLAY.replace("openvswitch", "802.1Qbg"),
        ON_OVERLAY + f"<x interfaceid='NUMBER{PORT[1:]}'/>",
        f"<x interfaceid='NUMBER{PORT[1:]}'/>" + ON_OVERLAY,
        f"<x interfaceid='NUMBER{PORT[1:]}'/>" + RUNNING,
        RUNNING.replace("net0", f"ua-NUMBER{PORT[1:]}")
        + f"<virtualport><parameters interfaceid='NUMBER{PORT[1:]}'/></virtualport>",
        RUNNING.replace("vnetNUMBER", "vnet"),
        RUNNING.replace("vnetNUMBER", "vnetNUMBER "),
        RUNNING.replace("vnetNUMBER", "vnetxNUMBER"),
        RUNNING.replace("vnetNUMBER", "vnet&amp;NUMBER"),
        RUNNING.replace("vnetNUMBER", "macvtapNUMBER"),
        RUNNING.replace("vnetNUMBER'", "vnetNUMBER' managed='no'"),
        RUNNING.replace("'vnetNUMBER'", '"vnetNUMBER"'),
        RUNNING + "<target dev='vnetNUMBER'/>",
        RUNNING + "<target dev='vnet1'/>",
        "<target dev='vnet1'/>" + RUNNING,
        "<a><target dev='vnetNUMBER'/></a>" + RUNNING,
        "<a><target dev='vnetNUMBER'/></a><mac address='MAC'/>",
        "<targets dev='vnetNUMBER'/><mac address='MAC'/>",
        RUNNING.replace("net0", "vnetNUMBER"),
        RUNNING.replace("net0", "ua-vnetNUMBER"),
        RUNNING + "<x>vnet0</x><x>'vnet0'</x>",
        RUNNING + '<x>"vnet0"</x>',
        RUNNING.replace("portid='", "portid=' "),
        RUNNING.replace("portid='", "portid='x"),
        RUNNING.replace(PORT[:-1], ""),
        RUNNING.replace(PORT[:-1] + "NUMBER", ""),
        RUNNING + "<x> portid='NUMBER'</x>",
        "<mac address='MAC'/><x> portid='NUMBER'</x>",
        RUNNING.replace("<source", "<other"),
        "<source network='a' portid='1'/>" + RUNNING,
        RUNNING.replace("bridge='virbr1'", 'bridge="\'virbr1" name="1"'),
        RUNNING.replace("bridge='virbr1'", f"bridge='{PORT[:-1]}0'"),
    ],
)
def test_targets_and_ports_in_other_forms_and_places(nic: str) -> None:
    check_read(document(nic), ONE, OTHER, ONE)
    check_read(document(RUNNING, nic, RUNNING.replace("MAC", ONE)), OTHER, ONE, OTHER)
    network = document(nic).replace("type='bridge'", "type='network'")
    check_read(network, OTHER, OTHER, ONE)
    check_read(document(nic).replace("type='bridge'", "type='vhostuser'"), OTHER, ONE)


@pytest.mark.parametrize(
    "mac",
    [
        *("52:54:00:00:00:0A", "52-54-00-00-00-02", "52:54:00:00:00:2", "52:54:00:00:00:002"),
        *(
            "",
            " 52:54:00:00:00:02",
            "52:54:00:00:00:02 ",
            "52:54:00:00:00:0&#50;",
            "&amp;",
            "x" * 17,
        ),
        *("\n2:54:00:00:00:02", "52:54:00:00:00:ü"),
    ],
)
def test_macs_in_other_forms(mac: str) -> None:
    check_read(document(PLAIN), ONE, mac, OTHER)


@pytest.mark.parametrize(
    "nic",
    [
        PLAIN + "<mac address='52:54:00:00:00:01'/>",
        "<a><mac address='MAC'/></a><mac address='52:54:00:00:00:01'/>",
        "<a><mac address='MAC'/></a>",
        "<mac address='52:54:00:00:00:01'/><mac address='MAC'/>",
        "<mac address='MAC'/><alias name='ua-52:54:00:00:00:01'/>",
        "<mac address='MAC'/><alias name='ua-MAC'/>",
        "<mac b='1' address='MAC'/>",
        '<mac address="MAC"/>',
        "<mac address='MAC' address2='MAC'/>",
        "<mac address='MAC' xmlns='urn:other'/>",
        "<mac address='MAC'/><a xmlns=''><target dev='x'/></a>",
        "<mac address='MAC'/><q:a/>",
        "<source network='a' portid='MAC'/><mac address='MAC'/>",
        "<x>MAC</x><mac address='MAC'/>",
    ],
)
def test_macs_in_other_places(nic: str) -> None:
    for root in ("type='kvm'", "type='kvm' xmlns:q='urn:q'", "type='kvm' xmlns:q='urn:z'"):
        check_read(document(nic, root=root), ONE, OTHER)
        check_read(document(PLAIN, nic, PLAIN, root=root), OTHER, ONE)


def test_where_the_mac_stands_tells_nics_apart() -> None:
    check_read(document("<mac address='MAC'>'></mac>"), ONE)
    check_read(document("'><mac address='MAC'></mac>"), ONE, OTHER)


def test_what_else_a_domain_has_is_read_each_time() -> None:
    check_read(document(PLAIN), ONE)
    for owned in ("lan", "wan"):
        data = f"<v:data xmlns:v='urn:vnetmgr:1'><v:owned nic='{owned}'/></v:data>"
        check_read(document(PLAIN, PLAIN, metadata=f"<metadata>{data}</metadata>"), ONE, OTHER)
    for state in ("'connected'", "'disconnected'"):
        xml = LIVE.replace("'disconnected'", state)
        assert read_one_of_many(xml) == read_domain(xml)
        assert read_one_of_many(xml) == read_domain(xml)


_TEXTS = st.sampled_from(
    ["MAC", ONE, "net0", "ua-lan", "vnetNUMBER", "vnet0", "NUMBER", "0", "fe80::1", ""]
)
_NAMES = st.sampled_from(["mac", "alias", "source", "target", "ip", "macs", "q:mac", "interfaces"])
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        ["address", "name", "dev", "portid", "interfaceid", "xmlns", "xmlns:q", "q:address"]
    ),
    _TEXTS,
    max_size=2,
)


def _element(name: str, attributes: dict[str, str], children: list[str]) -> str:
    start = " ".join((name, *(f"{key}='{value}'" for key, value in attributes.items())))
    return f"<{start}>{''.join(children)}</{name}>" if children else f"<{start}/>"


_NODES = st.recursive(
    st.one_of(_TEXTS, st.just("<mac address='MAC'/>"), st.just("<target dev='vnetNUMBER'/>")),
    lambda inner: st.builds(_element, _NAMES, _ATTRIBUTES, st.lists(inner, max_size=3)),
    max_leaves=8,
)
_FIRST = st.sampled_from(["<mac address='MAC'/>"] * 4 + [""])
_NICS = st.builds(lambda first, more: first + "".join(more), _FIRST, st.lists(_NODES, max_size=4))


@settings(max_examples=500)
@given(
    st.lists(_NICS, min_size=1, max_size=3),
    st.sampled_from(["type='kvm'", "type='kvm' xmlns:q='urn:q'", "xmlns:q='urn:z'"]),
)
def test_any_nics(nics: list[str], root: str) -> None:
    xml = document(*nics, root=root)
    try:
        read_domain(xml.replace("MAC", ONE).replace("NUMBER", "0"))
    except VnetError:
        return
    check_read(xml, ONE, OTHER, ONE)
