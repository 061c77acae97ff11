"""libvirt's own test documents of networks: exported and made anew, each is the same, or a comment
of the export says what the spec cannot."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

import libvirt
import pytest

from tests.lab import Lab
from tests.lab.libvirt_documents import network_documents
from tests.sysfs import Card, make_sysfs
from tests.system.conftest import forget_networks, ok
from tests.system.networks.at_rest import AT_REST, taken_in
from tests.system.quick import Quick
from vnetmgr.model.dhcp import parse_duid
from vnetmgr.model.network_attributes import NETWORK_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the documents name: links, a bridge, a directory, a card with virtual functions.
LINKS = ("eth0", "eth1", "eth3", "eth4", "eth5", "eth10")
BRIDGE = "br0"
TFTP_ROOT = "/var/lib/tftproot"
"""A directory that no test makes: they name another."""
CARD = (
    Card(address="0000:03:00.0", links=("eth2",), driver="igb", group=1, total_vfs=4),
    *(Card(address=f"0000:03:00.{n}", group=1 + n, pf="0000:03:00.0") for n in range(1, 5)),
)
# What libvirt makes up for a network, and what marks a spec's.
MADE_UP = re.compile(r"<uuid>.*?</uuid>|<mac address='[^']*'/>|<vnetmgr:[a-z]+ [^>]*/>")
# What libvirt means as well where nobody says it: said or not, a network is the same.
IMPLIED = frozenset(
    f'{each.name}="{each.text(each.default)}"'
    for each in NETWORK_ATTRIBUTES.values()
    if each.default is not None and not each.written
)
NOT_ACCEPTED = {
    *("8021Qbh-net", "hostdev-duplicate", "open-network-with-forward-dev", "openvswitch-net"),
    *("passthrough-address-crash", "passthrough-duplicate", "passthrough-pf"),
    "routed-network-no-dns-extra-elements",
}
"""Those that libvirt 9.0 itself refuses to define."""
WITH_LOSSES = {
    "dnsmasq-options",  # foo=bar, which dnsmasq would not start with; an alias of all names
    "metadata",  # other programs' own
}
SECONDS = {"minutes": 60, "hours": 3600}


class Fare(NamedTuple):
    """How a document fares."""

    not_accepted: str = ""
    """Why libvirt itself does not take it."""
    refused: str = ""
    """Why a spec does not have it."""
    lost: tuple[str, ...] = ()
    """What is not there any more."""
    added: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A host that seems to have all that, and no routes that are in the documents' way."""
    sysfs = make_sysfs(tmp_path_factory.mktemp("all") / "sys", CARD, virtual=("lo", BRIDGE, *LINKS))
    links = sysfs / "class/net"
    (links / BRIDGE / "bridge").mkdir()
    (links / BRIDGE / "bridge/vlan_filtering").write_text("0\n")
    for number, link in enumerate((BRIDGE, *LINKS), 16):
        (links / link / "address").write_text(f"02:00:00:00:00:{number}\n")
    with Lab() as lab:
        for bridge in lab.bridges:
            lab.sh(f"ip address flush dev {bridge}")
        for link in ("eth2", *LINKS):
            lab.sh(f"ip link add {link} type veth peer name far-{link}")
        lab.sh(f"mount --bind {sysfs} /sys")
        yield lab


@pytest.fixture(scope="module")
def fares(quiet: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fare]:
    """How each of them fares."""
    tftp = tmp_path_factory.mktemp("tftp")
    found = {}
    with Quick(quiet, AT_REST) as quick:
        for name, text in network_documents().items():
            forget_networks(quiet)
            found[name] = fare(quiet, quick, text.replace(TFTP_ROOT, str(tftp)))
    return found


def fare(lab: Lab, quick: Quick, text: str) -> Fare:
    """Define a document, show it, export it, plan that, delete it, and make it anew."""
    try:
        network = lab.conn.networkDefineXML(text)
    except libvirt.libvirtError as error:
        return Fare(not_accepted=str(error))
    name, before = network.name(), facts(network)
    ok(quick("show-network", name))
    assert json.loads(ok(quick("show-network", name, "-o", "json")))["name"] == name
    taken = taken_in(ok(quick("export")))
    if not taken.spec:
        return Fare(refused=taken.why)
    path = lab.directory / "document.yaml"
    path.write_text(taken.spec)
    plan = quick("plan", path, "--check")
    assert (plan.returncode, plan.stdout.strip()) == (0, "nothing to do"), plan
    ok(quick("delete-network", name))
    assert lab.conn.listAllNetworks() == []
    applied = quick("apply", path, "--yes")
    if applied.returncode:
        return Fare(refused=applied.stderr)
    after = facts(lab.conn.networkLookupByName(name))
    lost, added = before - after, after - before
    return Fare(lost=tuple(lost.elements()), added=tuple(added.elements()), comments=taken.comments)


def facts(network: libvirt.virNetwork) -> Counter[str]:
    """What a definition says, but for what is made up, and however it is written: its elements,
    attributes and texts."""
    document = MADE_UP.sub("", network.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE))
    root = ElementTree.fromstring(document)  # noqa: S314 - libvirt wrote it
    for lease in root.iterfind("ip/dhcp/range/lease"):
        seconds = SECONDS.get(lease.attrib.pop("unit", "minutes"), 1)
        lease.set("expiry", str(int(lease.get("expiry", "0")) * seconds))
    for host in root.iterfind("ip/dhcp/host[@id]"):
        host.set("id", parse_duid(host.get("id", "")))
    found: Counter[str] = Counter()
    for element in root.iter():
        attributes = dict(element.attrib)
        if element.tag in ("ip", "route"):
            bits = attributes.pop("netmask", None)
            if bits:
                attributes["prefix"] = str(prefix(bits))
            attributes.setdefault("family", "ipv4")
            attributes.setdefault("prefix", "8")  # of its class: all that say none are 10.x
        text = (element.text or "").strip()
        said = {f'{name}="{value}"' for name, value in attributes.items()} - IMPLIED
        found.update(said)
        found.update([text] if text else [])
        found[str(element.tag).rpartition("}")[2]] += 1 if said or text else 0
    return found


def prefix(netmask: str) -> int:
    return sum(int(part).bit_count() for part in netmask.split("."))


def test_what_is_lost_is_named(fares: dict[str, Fare]) -> None:
    for name, found in fares.items():
        said = " ".join(found.comments)
        unsaid = [fact for fact in found.lost if not all(word in said for word in words(fact))]
        assert unsaid == [], (name, found)
        # What is lost is what libvirt has there without: as <bridge stp="on"/>.
        kinds = {fact.partition("=")[0] for fact in found.lost}
        assert {fact.partition("=")[0] for fact in found.added} <= kinds, (name, found)


def words(fact: str) -> list[str]:
    """The words of what is lost: a record's are in an order of their own."""
    return re.findall(r'[^=,"]+', fact.partition("=")[2] or fact)


def test_how_many(fares: dict[str, Fare]) -> None:
    accepted = {name: each for name, each in fares.items() if not each.not_accepted}
    losses = {name: each.lost for name, each in accepted.items() if each.lost}
    refused = {name: each.refused for name, each in accepted.items() if each.refused}
    print(
        f"{len(fares)} documents: libvirt takes {len(accepted)}, of which "
        f"{len(accepted) - len(losses) - len(refused)} come back as they were, {len(losses)} with "
        f"losses that are named: {losses}; not at all: {refused}"
    )
    assert len(fares) == 46
    assert fares.keys() - accepted.keys() == NOT_ACCEPTED
    assert refused == {}
    assert losses.keys() == WITH_LOSSES
