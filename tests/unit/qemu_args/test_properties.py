"""Whatever is typed: no crash, and no key of a network argument lost in silence."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vnetmgr.model.forward import Forward
from vnetmgr.model.names import check_nic_name
from vnetmgr.model.nic import NicPatch
from vnetmgr.qemu_args.backend_keys import NO_EQUIVALENT
from vnetmgr.qemu_args.backends import KINDS
from vnetmgr.qemu_args.properties import DRIVERS, LEGACY_NIC, rules_of
from vnetmgr.qemu_args.read import Imported, read_arguments
from vnetmgr.qemu_args.tables import FLAGS, READ_OPTIONS, VALUE_OPTIONS

_LINES = [
    case["line"]
    for path in sorted((Path(__file__).parent / "corpus").glob("*.toml"))
    for case in tomllib.loads(path.read_text())["case"]
]
# Said out loud, these are what there would be anyway.
_DEFAULTS = {
    *("ipv4=on", "ipv6=on", "restrict=off", "br=br0", "server=off", "failover=off", "mq=off"),
    *("disable-legacy=auto", "disable-modern=off", "host_mtu=0", "bootindex=-1", "hubid=0"),
    *("vlan=0", "downscript=no", "vectors=4294967295", "vnet_hdr=on", "vhostforce=off"),
    *(
        "status=on",
        "multifunction=off",
        "addr=-1",
        "norestrict",
        "model=e1000",
        "bus=pci.0",
        "bus=pcie.0",
    ),
}
_KEYS = sorted(
    {key for kind in KINDS.values() for key in kind.rules}
    | set(LEGACY_NIC)
    | set(rules_of("virtio-net-pci", "virtio"))
)
_VALUES = ["", "on", "off", "no", "1", "0", "4", "08", "n0", "br0", "10.0.2.0/24", "x", ":1", "/p"]
_pair = st.builds(
    lambda key, value: f"{key}={value}",
    st.sampled_from(_KEYS),
    st.sampled_from(_VALUES) | st.text(),
)
_kind = st.sampled_from([*KINDS, *NO_EQUIVALENT, *sorted(DRIVERS), "nic", "none", "hubport", "q"])
_value = st.builds(lambda kind, pairs: ",".join([kind, *pairs]), _kind, st.lists(_pair, max_size=6))
_option = st.sampled_from(sorted(READ_OPTIONS | {"-S", "-m", "-append"}))
_words = st.lists(
    st.one_of(st.tuples(_option, _value | st.text()), st.tuples(st.text())), max_size=6
)


def _check(found: Imported) -> None:
    names = [nic.patch.name for nic in found.nics if isinstance(nic.patch.name, str)]
    assert len(set(names)) == len(names)
    for name in names:
        check_nic_name(name)
    assert all((*found.notes, *found.problems))


@given(st.lists(st.text(), max_size=8))
def test_any_words_are_read(words: list[str]) -> None:
    _check(read_arguments(words))


@given(_words)
@example([("-netdev", "{" * 5000)])
@example([("-netdev", '{"type":' * 50_000)])
@example([("-device", '{"driver":"e1000","addr":' + "9" * 5000 + "}")])
@example([("-netdev", '{"type":"user","id":"n0","hostfwd":"\\ud800"}')])
@example([("-net", "nic,vlan=" + "9" * 5000)])
@example([("-netdev", "user,id=a,net=" + "9" * 5000), ("-device", "e1000,netdev=a")])
def test_words_that_look_like_qemu_are_read(groups: list[tuple[str, ...]]) -> None:
    words = [word for group in groups for word in group]
    _check(read_arguments(words))
    assert read_arguments(words) == read_arguments(words)


_Nics: TypeAlias = "list[tuple[NicPatch, tuple[Forward, ...]]]"


def _meaning(found: Imported) -> tuple[_Nics, tuple[str, ...], tuple[str, ...]]:
    return [(nic.patch, nic.forwards) for nic in found.nics], found.notes, found.problems


def _without_each_key(words: list[str]) -> list[tuple[str, list[str]]]:
    found = []
    for index, word in enumerate(words[1:], 1):
        if words[index - 1] not in ("-net", "-nic", "-netdev", "-device") or "{" in word:
            continue
        if words[index - 1] == "-device" and word.partition(",")[0] not in DRIVERS:
            continue
        parts = word.replace(",,", "\0").split(",")
        for at in range(1, len(parts)):
            rest = ",".join(parts[:at] + parts[at + 1 :]).replace("\0", ",,")
            found.append(
                (parts[at].replace("\0", ","), [*words[:index], rest, *words[index + 1 :]])
            )
    return found


def _accounted(words: list[str]) -> list[str]:
    """The keys that could be taken away without anybody noticing.

    Where a nic is refused, its other keys go with it.
    """
    whole = read_arguments(words)
    if whole.problems:
        return []
    said = " ".join((*whole.notes, *whole.problems))
    return [
        pair
        for pair, rest in _without_each_key(words)
        if pair not in _DEFAULTS
        and _meaning(read_arguments(rest)) == _meaning(whole)
        and pair.partition("=")[0] not in said
    ]


@pytest.mark.parametrize("line", [line for line in _LINES if "," in line])
def test_no_key_of_the_corpus_is_lost_in_silence(line: str) -> None:
    assert _accounted(shlex.split(line)) == []


_BACKENDS = st.sampled_from(
    [
        *("user", "tap", "tap,script=no", "tap,helper=/h", "bridge", "socket,listen=:1"),
        *("socket,mcast=230.0.0.1:1", "vhost-vdpa,vhostdev=/d", "passt"),
    ]
)


def _pairs_of(keys: list[str]) -> st.SearchStrategy[list[str]]:
    values = st.sampled_from(["on", "off", "no", "yes", "2", "256", "1.2.3.0/24", "fd00::", "/p"])
    pair = st.builds(lambda key, value: f"{key}={value}", st.sampled_from(sorted(keys)), values)
    return st.lists(pair, max_size=4, unique_by=lambda text: text.partition("=")[0])


_NOT_ALONE = {"id", "type", "driver", "netdev", "vlan"}


@given(
    _BACKENDS.flatmap(
        lambda text: st.tuples(
            st.just(text),
            _pairs_of(
                sorted(
                    set(KINDS[text.partition(",")[0]].rules)
                    - {part.partition("=")[0] for part in text.split(",")}
                )
            ),
        )
    ),
    st.sampled_from(["virtio-net-pci", "e1000", "e1000e", "usb-net", "virtio-net-device"]).flatmap(
        lambda text: st.tuples(
            st.just(text),
            _pairs_of(
                sorted(
                    set(rules_of(text, text.replace("-net-pci", "").replace("-net-device", "")))
                    - _NOT_ALONE
                )
            ),
        )
    ),
)
def test_no_key_is_lost_in_silence(
    back: tuple[str, list[str]], front: tuple[str, list[str]]
) -> None:
    words = [
        *("-netdev", ",".join([back[0], "id=n0", *back[1]])),
        *("-device", ",".join([front[0], "netdev=n0", *front[1]])),
    ]
    lost = [pair for pair in _accounted(words) if not _says_the_default(pair)]
    assert lost == []


def _says_the_default(pair: str) -> bool:
    yes = {"yes": "on", "no": "off"}
    key, _, value = pair.partition("=")
    return f"{key}={yes.get(value, value)}" in _DEFAULTS


def test_an_option_has_a_value_or_has_none() -> None:
    assert not FLAGS & VALUE_OPTIONS
    assert not (FLAGS | VALUE_OPTIONS) & READ_OPTIONS


@given(
    back=_BACKENDS, key=st.text(st.characters(categories=["Ll"]), min_size=1), in_back=st.booleans()
)
def test_an_unknown_key_is_a_problem(back: str, key: str, *, in_back: bool) -> None:
    known = set(KINDS[back.partition(",")[0]].rules) | set(rules_of("e1000", "e1000"))
    if key in known or key.startswith("no"):
        return
    ends = [f"{back},id=n0", "e1000,netdev=n0"]
    ends[not in_back] += f",{key}=1"
    found = read_arguments(["-netdev", ends[0], "-device", ends[1]])
    assert found.nics == ()
    assert any(f"{key}=1" in problem for problem in found.problems)
