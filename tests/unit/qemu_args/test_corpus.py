"""Command lines as people write them, with what becomes of them: corpus/*.toml."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path

import pytest

from vnetmgr.model.nic import NIC_FIELDS
from vnetmgr.model.options.extra import EXTRA_KEYS
from vnetmgr.qemu_args.read import Imported, ImportedNic, read_arguments

_FRESH = "a fresh one is given"
_CORPUS = Path(__file__).parent / "corpus"
CASES = [
    pytest.param(case, id=f"{path.stem}-{number}")
    for path in sorted(_CORPUS.glob("*.toml"))
    for number, case in enumerate(tomllib.loads(path.read_text())["case"], 1)
]


@pytest.mark.parametrize("case", CASES)
def test_a_command_line(case: dict[str, object]) -> None:
    unknown = set(case) - {"line", "machine", "nics", "forwards", "notes", "problems"}
    assert not unknown, f"misspelt in the corpus: {unknown}"
    found = read_arguments(shlex.split(str(case["line"])))
    assert found.machine == case.get("machine")
    assert [_shown(nic) for nic in found.nics] == [_sorted(text) for text in _texts(case, "nics")]
    forwards = [" ".join(each) for nic in found.nics for each in _forwards(nic)]
    assert forwards == _texts(case, "forwards")
    _match("notes", [note for note in found.notes if _FRESH not in note], _texts(case, "notes"))
    _match("problems", list(found.problems), _texts(case, "problems"))
    _check_fresh(found)


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 150


def test_no_line_stands_in_the_corpus_twice() -> None:
    lines = [str(case.values[0]["line"]) for case in CASES]  # type: ignore[index]
    assert sorted({line for line in lines if lines.count(line) > 1}) == []


def _texts(case: dict[str, object], key: str) -> list[str]:
    texts = case.get(key, [])
    assert isinstance(texts, list)
    return texts


def _shown(nic: ImportedNic) -> list[str]:
    """`["user", "mac=...", "model=e1000"]`: the source, then the rest in order."""
    pairs = {name: str(value) for name, value in nic.patch.items() if name != "extra"}
    source = pairs.pop("source")
    extra = nic.patch.extra if isinstance(nic.patch.extra, tuple) else ()
    assert list(extra) == sorted(extra)
    assert all(not EXTRA_KEYS[key] or value in EXTRA_KEYS[key] for key, value in extra)
    return [source, *sorted(f"{key}={value}" for key, value in [*pairs.items(), *extra])]


def _forwards(nic: ImportedNic) -> list[list[str]]:
    """`8080:80/tcp`, and the guest's address where it is not what DHCP gives."""
    return [[each.text, *map(str, each.guest_address)] for each in nic.forwards]


def _sorted(text: str) -> list[str]:
    source, *rest = text.split("; ")
    assert all(word.partition("=")[0] in {*NIC_FIELDS, *EXTRA_KEYS} for word in rest), text
    return [source, *sorted(rest)]


def _match(what: str, found: list[str], wanted: list[str]) -> None:
    """Each wanted text is part of one message of its own, and no message is left."""
    left = list(found)
    for text in wanted:
        fitting = next((message for message in left if text in message), None)
        assert fitting is not None, f"{what}: none with {text!r} in {left}"
        left.remove(fitting)
    assert left == [], f"{what} that nobody expects"


def _check_fresh(found: Imported) -> None:
    """A nic without MAC always comes with the warning."""
    warned = sum(_FRESH in note for note in found.notes)
    without = sum("mac" not in dict(nic.patch.items()) for nic in found.nics)
    assert warned >= without
    if not found.problems:
        assert warned == without
