"""What import-qemu reads off a command besides its nics, and the spec that it prints."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.cli.qemu_import import read_guests
from vnetmgr.errors import UsageError
from vnetmgr.model.imported import ImportedGuest
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.render.imported import spec_lines


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((), None),
        (("-name", "web1"), "web1"),
        (("--name", "web1"), "web1"),
        (("-name", "guest=web1,debug-threads=on"), "web1"),
        (("-name", "web1,process=qemu"), "web1"),
        (("-name", "a,,b"), "a,b"),
        (("-name", "a", "-name", "b"), "b"),
        (("-name", "process=qemu"), None),
        (("-name", "a/b"), None),
        (("-name", ""), None),
        (("-name",), None),
    ],
)
def test_the_guests_name(words: tuple[str, ...], name: str | None) -> None:
    try:
        (guest,) = read_guests(["kvm", "-nic", "none", *words], None)
    except UsageError:
        assert words == ("-name",)
    else:
        assert guest.name == name


def _nic(name: str) -> NicPatch:
    return NicPatch(source=Source(Mode.BRIDGE, name), vlan=(10, 20), mtu=9000, isolated_port=True)


def test_a_spec() -> None:
    guests = [
        ImportedGuest(place="a.sh:3", name=None, nics=(_nic("br0"), _nic("br1"))),
        ImportedGuest(place="a.sh:5", name="vm1", nics=()),
    ]
    assert list(spec_lines(guests)) == [
        "version: 1",
        "domains:",
        '  # "a.sh:3"',
        '  "vm2":',
        "    nics:",
        '      "nic0":',
        '        bridge: "br0"',
        '        vlan: ["10", "20"]',
        '        mtu: "9000"',
        '        isolated_port: "yes"',
        '      "nic1":',
        '        bridge: "br1"',
        '        vlan: ["10", "20"]',
        '        mtu: "9000"',
        '        isolated_port: "yes"',
        '  # "a.sh:5"',
        '  "vm1":',
        "    nics: {}",
    ]


@given(st.text(st.characters(max_codepoint=0xFFFF, codec="utf-8"), min_size=1))
def test_any_text_is_one_scalar(text: str) -> None:
    """Double-quoted YAML is JSON's notation but for the long form of an escape."""
    lines = list(spec_lines([ImportedGuest(place="", name="vm", nics=(_nic(text),))]))
    (line,) = [line for line in lines if line.startswith("        bridge: ")]
    assert line.isprintable()
    assert json.loads(line.partition(": ")[2].replace("\\U0000", "\\u")) == text or "\\U" in text
