"""What import-qemu reads off a command besides its nics, and the spec that it prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.spec.texts import load
from vnetmgr.cli.qemu_import import attach_desired, read_guests
from vnetmgr.errors import UsageError
from vnetmgr.model.forward import ForwardWant
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.rows.imported import ImportedGuest
from vnetmgr.render.imported import spec_lines

if TYPE_CHECKING:
    from pathlib import Path


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


LINE = [
    *("kvm", "-name", "vm1", "-nic", "user,hostfwd=tcp:127.0.0.1:2222-:22"),
    *("-netdev", "user,id=b,hostfwd=udp::53-10.0.2.20:53", "-device", "e1000,netdev=b"),
    *("-redir", "tcp:80::8080"),
]


def test_forwards_in_a_spec_are_read_back(tmp_path: Path) -> None:
    guests = read_guests(LINE, None)
    (domain,) = load(tmp_path, "\n".join(spec_lines(guests))).domains
    assert domain.forwards is not None
    assert [(each.nic, each.text) for each, _ in domain.forwards.forwards] == [
        ("net0", "127.0.0.1:2222:22/tcp"),
        ("net0", "80:8080/tcp"),
        ("b", "53:53/udp"),
    ]
    assert list(map(str, domain.forwards.forwards[2][0].guest_address)) == ["10.0.2.20"]


def test_forwards_that_are_attached() -> None:
    wants = attach_desired("vm1", read_guests(LINE, None), states=frozenset()).forwards
    singles = [want for want in wants if isinstance(want, ForwardWant)]
    assert [(want.domain, want.nic, want.forward and want.forward.text) for want in singles] == [
        ("vm1", 0, "127.0.0.1:2222:22/tcp"),
        ("vm1", 0, "80:8080/tcp"),
        ("vm1", 1, "53:53/udp"),
    ]


def test_forwards_of_passt_are_attached_as_well() -> None:
    guests = read_guests(["kvm", "-nic", "passt,id=p,tcp-ports=127.0.0.1/2222:22"], None)
    (want,) = attach_desired("vm1", guests, states=frozenset()).forwards
    assert isinstance(want, ForwardWant)
    assert (want.nic, want.forward and want.forward.text) == (0, "127.0.0.1:2222:22/tcp")


@given(st.text(st.characters(max_codepoint=0xFFFF, codec="utf-8"), min_size=1))
def test_any_text_is_one_scalar(text: str) -> None:
    """Double-quoted YAML is JSON's notation but for the short and the long form of an escape."""
    lines = list(spec_lines([ImportedGuest(place="", name="vm", nics=(_nic(text),))]))
    (line,) = [line for line in lines if line.startswith("        bridge: ")]
    assert line.isprintable()
    as_json = line.partition(": ")[2].replace("\\x", "\\u00")
    assert json.loads(as_json) == text or "\\x" in text


EITHER = "if a; then\n  kvm {}\nelse\n  kvm {}\nfi\n"
USER, TAP = "-nic user,model=e1000", "-nic tap,ifname=t1,script=no"


@pytest.mark.parametrize(
    ("script", "guests"),
    [
        (EITHER.format(f"-enable-kvm {USER}", USER), [None]),
        (EITHER.format(f"-name a {USER}", f"-name b {TAP}"), ["a", "b"]),
        (f"kvm -enable-kvm {USER} || kvm {USER}", [None]),
        (f"if a; then kvm {USER}; exit; fi\nkvm -snapshot {USER}", [None]),
        (f"f() {{ kvm {USER}; }}\ncase $1 in start) f;; restart) stop; f;; esac", [None]),
        (f"while read x; do kvm {USER}; done; kvm -name b {TAP}", [None, "b"]),
        (f"kvm {USER}\nkvm {USER}", [None, None]),
    ],
)
def test_commands_of_which_one_runs(tmp_path: Path, script: str, guests: list[str | None]) -> None:
    file = tmp_path / "start.sh"
    file.write_text(script)
    assert [guest.name for guest in read_guests([], str(file))] == guests


@pytest.mark.parametrize(
    ("script", "line"),
    [
        (EITHER.format(USER, TAP), 1),
        (EITHER.format(f"-name a {USER}", f"-name a {TAP}"), 1),
        (f"\nif a; then kvm {USER}; exit; fi\nkvm {TAP}", 2),
        (f":\n:\ncase $1 in a) kvm {USER};; *) kvm {TAP};; esac", 3),
    ],
)
def test_commands_of_which_one_runs_and_whose_nics_differ(
    tmp_path: Path, script: str, line: int
) -> None:
    file = tmp_path / "start.sh"
    file.write_text(script)
    with pytest.raises(UsageError) as raised:
        read_guests([], str(file))
    assert f"{file}:{line}: this " in str(raised.value)
    assert "bash -x" in (raised.value.hint or "")
