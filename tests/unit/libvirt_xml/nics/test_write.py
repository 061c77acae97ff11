"""What the goldens do not show: refusals, new nics, and when config and live are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.libvirt_xml.samples import CONFIG, LIVE, template
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import (
    attach_form,
    hop_forms,
    link_forms,
    merge_nic,
    new_nic,
    new_nic_as_read,
    update_form,
)
from vnetmgr.libvirt_xml.schema import nic_problems
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.options.extra import EXTRA_KEYS
from vnetmgr.model.patch import UNSET
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Callable

BRIDGE = "<interface type='bridge'><source bridge='br0'/></interface>"


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (NicPatch(source=Source(Mode.NULL)), "kind null"),
        (NicPatch(source=Source(Mode.CLIENT)), "needs the source's name"),
        (NicPatch(source=Source(Mode.CLIENT, ":5555")), "no address in front"),
        (NicPatch(source=Source(Mode.MCAST, "host:5555")), "no names"),
        (NicPatch(source=Source(Mode.VHOSTUSER, "x.sock")), "no path from the root"),
        (NicPatch(source=Source(Mode.SERVER, "10.0.0.1")), "an address and a port"),
        (NicPatch(source=Source(Mode.UDP, "10.0.0.1:1")), "REMOTE:PORT LOCAL:PORT"),
        (NicPatch(extra=(("rom.file", "a\x00b"),)), "XML cannot hold"),
        (NicPatch(source=Source(Mode.NETWORK)), "needs the source's name"),
        (NicPatch(source=Source(Mode.HOSTDEV, "zz")), "PCI address"),
        (NicPatch(portgroup="x"), "for a network source; this one is a bridge"),
        (NicPatch(direct_mode="vepa"), "for a direct source; this one is a bridge"),
        (NicPatch(filter_param=(("IP", "10.0.0.1"),)), "has a filter"),
        (NicPatch(model="a\x00b"), "XML cannot hold"),
    ],
)
def test_refusals(patch: NicPatch, message: str) -> None:
    with pytest.raises(VnetError, match=message):
        merge_nic(BRIDGE, patch)


@pytest.mark.parametrize(
    "edit", [attach_form, update_form, read_nic, lambda xml: merge_nic(xml, NicPatch())]
)
def test_only_nics_are_taken(edit: Callable[[str], object]) -> None:
    with pytest.raises(VnetError, match="not a <interface>"):
        edit("<disk/>")


def test_a_new_nic_is_the_filled_in_template() -> None:
    patch = NicPatch(source=Source(Mode.BRIDGE, "br0"), name="lan")
    assert new_nic(template("nic/bridge.xml"), patch) == (
        '<interface type="bridge">\n'
        '  <source bridge="br0"/>\n'
        '  <model type="virtio"/>\n'
        '  <alias name="ua-lan"/>\n'
        "</interface>"
    )


@pytest.mark.parametrize("name", ["lan", "<&>\"'\t\n\r\u00e9"])
def test_each_of_many_new_nics_is_made_of_the_template_and_read_as_it_is_written(name: str) -> None:
    text = "<!--ours-->" + template("nic/bridge.xml").replace(
        "<model", "<!--\r--><mtu size='9'/><model"
    )
    first = NicPatch(source=Source(Mode.BRIDGE, "br0"), name="first", vlan=(4, 5), mtu=None)
    assert new_nic(text, first) == new_nic(text.replace("<!--ours-->", "<!--other-->"), first)
    xml, nic = new_nic_as_read(text, NicPatch(source=Source(Mode.BRIDGE, name)))
    assert (nic, nic.source.name, nic.mtu, nic.vlan, nic.name) == (
        *(read_nic(xml), name, 9, None, None),
    )


ANY = "52:54:00:00:00:00"


@pytest.mark.parametrize(
    "edit",
    [
        ("<model", "<model"),
        ("<model", f"<mac address='{ANY}'/><model"),
        ("<model", f"<!-- {ANY} --><model"),
        ("<model", f"<target dev='{ANY}'/><model"),
        ("<model", "<mac type='static' address='52:54:00:00:00:09' check='no'/><model"),
        ("<model", "<mac/><mac address='52:54:00:00:00:09'/><model"),
        ("<source", f"<source bridge='{ANY}'/><source"),
    ],
    ids=lambda edit: edit[1],
)
@pytest.mark.parametrize("bridge", ["br0", ANY])
def test_nics_that_are_alike_but_for_the_mac_are_each_as_if_made_alone(
    edit: tuple[str, str], bridge: str
) -> None:
    text = template("nic/bridge.xml").replace(*edit)
    for number, mac in enumerate(("52:54:00:00:00:01", ANY, "52:54:00:ab:cd:ef", None)):
        patch = NicPatch(
            source=Source(Mode.BRIDGE, bridge),
            mac=UNSET if mac is None else Mac(mac),
            name=f"n{number // 2}",
        )
        xml, nic = new_nic_as_read(text, patch)
        assert (xml, nic) == (new_nic(text, patch), read_nic(new_nic(text, patch)))


def test_a_new_nic_takes_any_template_to_its_source() -> None:
    nic = read_nic(new_nic(template("nic/direct.xml"), NicPatch(source=Source(Mode.USER))))
    assert (nic.source, nic.model) == (Source(Mode.USER), "virtio")


NAMED = ["bridge", "network", "direct", "hostdev", "vhostuser", "vdpa"]
SOCKETS = ["server", "client", "mcast", "udp"]


@pytest.mark.parametrize("name", [*NAMED, *SOCKETS])
def test_a_new_nic_without_a_source_is_refused(name: str) -> None:
    with pytest.raises(VnetError, match=f"kind {name}, but no name"):
        new_nic(template(f"nic/{name}.xml"), NicPatch())


def test_a_running_nic_is_no_template() -> None:
    live = read_domain(LIVE).nics[1][1]
    with pytest.raises(VnetError, match="running nic"):
        new_nic(live, NicPatch())


def test_attach_form_keeps_everything() -> None:
    _, xml = read_domain(CONFIG).nics[0]
    assert attach_form(f"  {xml}\n") == xml


SOURCES = [
    Source(Mode.BRIDGE, "br0"),
    Source(Mode.NETWORK, "lab"),
    Source(Mode.DIRECT, "eth0"),
    Source(Mode.USER),
    Source(Mode.ETHERNET),
    Source(Mode.SERVER, ":5555"),
    Source(Mode.CLIENT, "10.0.0.1:5555"),
    Source(Mode.MCAST, "230.0.0.1:5555"),
    Source(Mode.UDP, "10.0.0.2:6 10.0.0.1:5"),
    Source(Mode.VHOSTUSER, "/run/x.sock"),
    Source(Mode.VDPA, "/dev/vhost-vdpa-0"),
    Source(Mode.HOSTDEV, "0000:03:10.1"),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.mode))
def test_each_source_has_a_template_and_is_valid(source: Source) -> None:
    xml = new_nic(template(f"nic/{source.mode}.xml"), NicPatch(source=source, name="lan"))
    assert read_nic(xml).source == source
    assert nic_problems(xml) == []


def test_a_pci_card_is_taken_from_the_hosts_driver() -> None:
    xml = new_nic(template("nic/hostdev.xml"), NicPatch(source=SOURCES[-1]))
    assert 'managed="yes"' in xml
    assert read_nic(xml).model is None
    own = "<interface type='hostdev' managed='no'><source/></interface>"
    assert 'managed="no"' in new_nic(own, NicPatch(source=SOURCES[-1]))


_SAMPLES = {
    "driver.rx_queue_size": "1024",
    "driver.tx_queue_size": "256",
    "rom.file": "/usr/share/qemu/a b.rom",
    "acpi.index": "7",
    "teaming.persistent": "ua-lan",
    "tune.sndbuf": "1600",
    "target.dev": "tap7",
    "script.path": "/etc/qemu-ifup",
    "downscript.path": "/etc/qemu-ifdown",
    "ip.address": "10.0.0.1",
    "ip.prefix": "24",
    "backend.tap": "/dev/net/tun",
    "backend.vhost": "/dev/vhost-net",
    "backend.logFile": "/var/log/passt",
    "ip6.address": "fd00::1",
    "ip6.prefix": "64",
}


# Half a team, an address without its number: libvirt's schema wants the whole.
_TOGETHER = {
    "teaming.persistent": {"teaming.type": "transient"},
    "ip.prefix": {"ip.address": "10.0.0.1"},
    "ip.family": {"ip.address": "10.0.0.1"},
    "ip6.prefix": {"ip6.address": "fd00::1"},
    "target.managed": {"target.dev": "tap7"},
}


SOCKET = """<interface type="vhostuser">
  <source type="unix" path="/run/s" mode="client"/>
  <model type="virtio"/>
</interface>"""


@pytest.mark.parametrize("key", EXTRA_KEYS)
def test_each_extra_is_written_read_back_valid_and_cleared(key: str) -> None:
    for value in EXTRA_KEYS[key] or (_SAMPLES[key],):
        pairs = {key: value, **_TOGETHER.get(key, {})}
        if pairs.get("teaming.type") == "transient":
            pairs["teaming.persistent"] = "ua-lan"
        if value == "ipv6":
            pairs = {"ip6.address": "fd00::1"}  # what becomes of it: by_family
        before = SOCKET if key == "source.mode" else BRIDGE
        xml = merge_nic(before, NicPatch(extra=tuple(pairs.items())))
        assert dict(read_nic(xml).extra or ()) == pairs
        assert nic_problems(xml) == []
        assert merge_nic(xml, NicPatch(extra=None)) == merge_nic(before, NicPatch())


def test_only_the_socket_of_vhost_user_has_a_server() -> None:
    with pytest.raises(VnetError, match="vhostuser"):
        merge_nic(BRIDGE, NicPatch(extra=(("source.mode", "server"),)))


LAB = Source(Mode.NETWORK, "lab")
VIRBR = Source(Mode.BRIDGE, "virbr0")
RATES = '<bandwidth><inbound average="100" floor="50"/><outbound average="200"/></bandwidth>'
UNFLOORED = RATES.replace(' floor="50"', "")


def wired(kind: str, source: str, inner: str = "") -> str:
    """A nic; what is not looked at stands around what is."""
    return f'<interface type="{kind}"><source {source}/>{inner}<odd x="1"/></interface>'


@pytest.mark.parametrize(
    ("live", "config", "home", "inherited", "away", "back"),
    [
        pytest.param(
            wired("network", 'network="lab" portid="p" bridge="virbr0"'),
            None,
            LAB,
            (),
            wired("network", 'network="hop"'),
            wired("network", 'network="lab"'),
            id="plain",
        ),
        pytest.param(
            wired("network", 'network="lab" portgroup="slow" portid="p" bridge="virbr0"', RATES),
            None,
            LAB,
            (),
            wired("network", 'network="hop" portgroup="slow"', UNFLOORED),
            wired("network", 'network="lab" portgroup="slow"', RATES),
            id="its own rates and a portgroup",
        ),
        pytest.param(
            wired("network", 'network="lab"', f'{RATES}<port isolated="yes"/>'),
            None,
            LAB,
            ("bandwidth", "port"),
            wired("network", 'network="hop"'),
            wired("network", 'network="lab"'),
            id="all from its network",
        ),
        pytest.param(
            wired("network", 'network="lab"', '<bandwidth><inbound floor="50"/></bandwidth>'),
            None,
            LAB,
            (),
            wired("network", 'network="hop"'),
            wired("network", 'network="lab"', '<bandwidth><inbound floor="50"/></bandwidth>'),
            id="a floor alone",
        ),
        pytest.param(
            wired("bridge", 'network="lab" portid="p" bridge="br0"'),
            None,
            LAB,
            (),
            wired("network", 'network="hop"'),
            wired("network", 'network="lab"'),
            id="on a network that is a host bridge",
        ),
        pytest.param(
            wired("bridge", 'bridge="virbr0"', RATES),
            None,
            VIRBR,
            (),
            wired("network", 'network="hop"', UNFLOORED),
            wired("bridge", 'bridge="virbr0"', RATES),
            id="that names the bridge alone",
        ),
        pytest.param(
            wired("network", 'network="hop" portid="p" bridge="vnetmgr-hop0"', UNFLOORED),
            wired("network", 'network="lab" portgroup="slow"', RATES),
            LAB,
            (),
            wired("network", 'network="hop" portgroup="slow"', UNFLOORED),
            wired("network", 'network="lab" portgroup="slow"', RATES),
            id="left on the hop network",
        ),
        pytest.param(
            wired("network", 'network="hop" portgroup="slow" portid="p" bridge="vnetmgr-hop0"'),
            wired("network", 'network="lab" portgroup="fast"'),
            LAB,
            (),
            wired("network", 'network="hop" portgroup="slow"'),
            wired("network", 'network="lab" portgroup="slow"'),
            id="left on the hop network, while another portgroup waits",
        ),
        pytest.param(
            wired("network", 'network="hop" portid="p" bridge="vnetmgr-hop0"'),
            wired("bridge", 'bridge="virbr0"'),
            VIRBR,
            (),
            wired("network", 'network="hop"'),
            wired("bridge", 'bridge="virbr0"'),
            id="left on the hop network, of a bridge",
        ),
    ],
)
def test_the_way_over_the_hop_network_and_back(
    live: str, config: str | None, home: Source, inherited: tuple[str, ...], away: str, back: str
) -> None:
    assert hop_forms(live, config, hop="hop", home=home, inherited=inherited) == (away, back)


@pytest.mark.parametrize("link", ["", '<link state="up"/>'])
def test_a_flap_is_the_link_down_and_then_the_nic_as_it_is(link: str) -> None:
    down, up = link_forms(wired("network", 'network="lab" portid="p" bridge="virbr0"', link))
    assert up == wired("network", 'network="lab"', link)
    assert (read_nic(down).link, read_nic(down).source) == ("down", LAB)
    assert down.replace('<link state="down"/>', link) == up


def test_a_flap_is_without_a_floor_until_it_is_over() -> None:
    """libvirt counts what a nic has and gets together, whatever of it changes."""
    floor = '<bandwidth><inbound average="100" floor="50"/></bandwidth>'
    down, up = link_forms(wired("network", 'network="lab"', floor))
    assert ("floor" in down, "floor" in up) == (False, True)
    assert 'average="100"' in down
