"""For any nic and any patch: what is managed is as wanted, the rest is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import merge_nic, new_nic, update_form
from vnetmgr.libvirt_xml.schema import nic_problems
from vnetmgr.model.nic import NIC_FIELDS, Mode, Nic, NicPatch, Source, field_value
from vnetmgr.model.options.extra import EXTRA_KEYS
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.model.values import Bandwidth, Burst, Mac, PciAddress, Rate

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# XML can hold these; what libvirt makes of them is the schema's matter.
ANY_TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=8,
)
LINK_NAMES = st.from_regex(r"[a-z][a-z0-9.-]{0,7}", fullmatch=True)
NIC_NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True).filter(
    lambda name: not name.startswith("vnetmgr-")
)
RATES = st.builds(Rate, st.integers(1, 10**6))
BANDWIDTHS = st.builds(
    Bandwidth,
    average=RATES,
    peak=RATES | st.none(),
    burst=st.builds(Burst, st.integers(1, 10**6)) | st.none(),
    floor=RATES | st.none(),
) | st.builds(Bandwidth, floor=RATES)
ADDRESSES = st.builds(
    PciAddress, st.integers(0, 3), st.integers(0, 255), st.integers(0, 31), st.integers(0, 7)
)
MACS = st.integers(0, 2**24 - 1).map(lambda n: Mac.parse(f"525400{n:06x}"))
VLANS = st.lists(st.integers(1, 4094), min_size=1, max_size=3, unique=True).map(tuple)
PARAMETERS = st.lists(
    st.tuples(st.sampled_from(["IP", "MAC", "DHCPSERVER"]), st.sampled_from(["10.0.0.1", "x"])),
    min_size=1,
    max_size=3,
).map(tuple)


# The schema wants another one with them.
NOT_ALONE = ("ip.", "ip6.", "teaming.", "target.managed", "source.mode")
EXTRAS = st.dictionaries(
    st.sampled_from([key for key in EXTRA_KEYS if not key.startswith(NOT_ALONE)]),
    st.integers(),
    min_size=1,
    max_size=5,
).map(lambda picked: tuple((key, extra_value(key, number)) for key, number in picked.items()))
ENDPOINTS = st.builds(
    lambda address, port: f"{address}:{port}", st.ip_addresses(v=4), st.integers(1, 65535)
)


def extra_value(key: str, number: int) -> str:
    """One of the values that a key takes."""
    is_path = key.endswith(("path", "tap", "vhost", "logFile"))
    allowed = EXTRA_KEYS[key] or {"target.dev": ("tap1", "tap2"), "rom.file": ("/a", "/b c")}.get(
        key, ("/x",) if is_path else ("256", "512", "1024")
    )
    return allowed[number % len(allowed)]


def sources(names: SearchStrategy[str]) -> SearchStrategy[Source]:
    named = st.sampled_from([Mode.BRIDGE, Mode.NETWORK, Mode.DIRECT])
    return (
        st.builds(Source, named, names)
        | st.sampled_from([Source(Mode.USER), Source(Mode.ETHERNET)])
        | st.builds(Source, st.sampled_from([Mode.SERVER, Mode.CLIENT, Mode.MCAST]), ENDPOINTS)
        | st.tuples(ENDPOINTS, ENDPOINTS).map(lambda ends: Source(Mode.UDP, " ".join(ends)))
        | names.map(lambda name: Source(Mode.VHOSTUSER, f"/run/{name}"))
        | st.builds(Source, st.just(Mode.VDPA), names)
        | ADDRESSES.map(lambda address: Source(Mode.HOSTDEV, str(address)))
    )


def patches(texts: SearchStrategy[str], *, clear: bool) -> SearchStrategy[NicPatch]:
    """Any patch whose fields fit one another and any source."""
    settings: dict[str, SearchStrategy[Any]] = {
        "model": texts,
        "vlan": VLANS,
        "mtu": st.integers(68, 65535),
        "queues": st.integers(1, 256),
        "pci_address": ADDRESSES,
        "boot_order": st.integers(1, 99),
        "link": st.sampled_from(["up", "down"]),
        "inbound": BANDWIDTHS,
        "outbound": BANDWIDTHS,
        "isolated_port": st.booleans(),
        "extra": EXTRAS,
    }
    if clear:
        settings = {name: value | st.none() for name, value in settings.items()}
    settings |= {"name": NIC_NAMES, "owned": st.booleans(), "mac": MACS}
    unset = st.just(UNSET)
    return st.builds(
        NicPatch,
        source=sources(texts) | unset,
        **{name: value | unset for name, value in settings.items()},
    ) | st.builds(NicPatch, filter=LINK_NAMES, filter_param=PARAMETERS)


TEMPLATE = """<interface type='bridge'>
  <!-- a comment -->
  <source/>
  <unknown a='1'><deep/></unknown>
  <bandwidth><future b='3'/></bandwidth>
</interface>"""
START = NicPatch(source=Source(Mode.BRIDGE, "br0"))


ONLY_OF = {
    Mode.ETHERNET: ("script.", "downscript."),
    Mode.USER: ("backend.type", "backend.logFile"),
}


def without_its_own(nic: Nic) -> tuple[tuple[str, str], ...] | None:
    """The settings that a nic keeps when it goes to another kind of source."""
    dropped = ONLY_OF.get(nic.source.mode, ())
    return tuple(pair for pair in nic.extra or () if not pair[0].startswith(dropped)) or None


def expected(nic: Nic, patch: NicPatch) -> dict[str, object]:
    """The nic's fields once patched, in the form that compares."""
    values = {field: getattr(nic, field) for field in nic.FIELDS}
    values |= dict(patch.items())
    if values["name"] is None:
        values["owned"] = False  # nothing carries it
    if nic.source.mode is not values["source"].mode:
        values |= {"portgroup": None, "direct_mode": None}
        if patch.extra is UNSET:
            values["extra"] = without_its_own(nic)
    if values["source"].mode is Mode.VHOSTUSER and values["extra"]:
        # libvirt asks Open vSwitch for the link, and nobody else has a say.
        values["extra"] = tuple(pair for pair in values["extra"] if pair[0] != "target.dev")
    wanted = Nic(**values)
    return {field: field_value(wanted, field) for field in NIC_FIELDS}


@given(patches(ANY_TEXT, clear=False), patches(ANY_TEXT, clear=True))
def test_merge(first: NicPatch, second: NicPatch) -> None:
    before = merge_nic(merge_nic(TEMPLATE, START), first)
    after = merge_nic(before, second)
    read = read_nic(after)
    assert {field: field_value(read, field) for field in NIC_FIELDS} == expected(
        read_nic(before), second
    )
    for survivor in ("<!-- a comment -->", '<unknown a="1"><deep/></unknown>', '<future b="3"/>'):
        assert survivor in after
    assert merge_nic(after, second) == after
    assert update_form(after) == after


@given(patches(LINK_NAMES, clear=False), sources(LINK_NAMES))
def test_a_new_nic_is_valid(patch: NicPatch, source: Source) -> None:
    patch = replace(patch, source=source)
    if isinstance(patch.model, str):
        patch = replace(patch, model=patch.model.replace(".", "_"))  # the schema's own rule
    nic = new_nic("<interface type='user'>\n  <model type='virtio'/>\n</interface>", patch)
    assert nic_problems(nic) == []


@given(st.sampled_from([Mode.NETWORK, Mode.DIRECT]), LINK_NAMES, st.none() | LINK_NAMES)
def test_fields_of_one_kind_of_source(mode: Mode, name: str, value: str | None) -> None:
    if mode is Mode.NETWORK:
        field, patch = "portgroup", NicPatch(portgroup=value)
    else:
        field, patch = "direct_mode", NicPatch(direct_mode=value)
    nic = merge_nic(TEMPLATE, replace(patch, source=Source(mode, name)))
    assert getattr(read_nic(nic), field) == value
    assert getattr(read_nic(merge_nic(nic, START)), field) is None
    if value is not None:
        with pytest.raises(VnetError):
            merge_nic(merge_nic(nic, START), patch)


@given(st.sampled_from(["openvswitch", "802.1Qbh", None]), sources(LINK_NAMES))
def test_a_virtualport_stays_where_it_applies(kind: str | None, source: Source) -> None:
    before = merge_nic(TEMPLATE, NicPatch(source=Source(Mode.NETWORK, "n"), virtualport=kind))
    after = read_nic(merge_nic(before, NicPatch(source=source)))
    fits = {
        "openvswitch": {Mode.BRIDGE, Mode.NETWORK},
        "802.1Qbh": {Mode.NETWORK, Mode.DIRECT, Mode.HOSTDEV},
    }
    assert after.virtualport == (kind if source.mode in fits.get(kind or "", set()) else None)
