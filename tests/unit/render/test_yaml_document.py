"""YAML has the values of JSON, whoever reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.printable import is_printable
from vnetmgr.render.blocks import Form
from vnetmgr.render.console import document_text

READERS = (yaml.SafeLoader, yaml.CSafeLoader)
TEXTS = (
    *("", " ", "a ", " a", "no", "Yes", "y", "NULL", "~", "true", "off", ".inf", "nan", "-", "="),
    *("1", "-1", "0x1f", "0o17", "017", "1e3", "1_000", "1.5", ".5", "+1", "12:30:45", "52:54:00"),
    *("2026-11-29", "2026-11-29T10:00:00Z", "10.0.0.1", "fd00::1", "a: b", "a #b", "#a", "- a"),
    *("[a]", "{a: b}", "*a", "&a", "!a", "%a", "@a", "`a", "'a'", '"a"', "\\x41", "---", "<<"),
    *("a\nb", "a\nb\n", "a\n\nb\n\n", "\na", " a\nb", "a\n b", "a \n#b\n---\n...\n", "a\n \nb"),
    *("\x00\x1b\x7f", "\x85\u2028\u2029", "\ufeffa", "\u202e", "größe-名前", "👾", "\U000e0001"),
    *("\n", "\t", "a\tb", "a\r\nb", "\udcff", "a\ud83d\ude00b", "\\udcff", "\ufffe", "...", "? a"),
)


def yaml_text(value: object) -> str:
    """A document as YAML, as it is printed."""
    return document_text(value, Form.YAML) + "\n"


def read_json(value: object) -> Any:
    """A document's values, as programs have them by JSON."""
    return json.loads(document_text(value, Form.JSON))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_text(text: str, *, ascii_only: bool) -> None:
    value = {text: text, "list": [text, [text], {"a": text}]}
    printed = document_text(value, Form.YAML, ascii_only=ascii_only) + "\n"
    assert all(is_printable(line) for line in printed.split("\n"))
    assert printed.isascii() or not ascii_only
    for reader in READERS:
        assert yaml.load(printed, reader) == read_json(value)  # noqa: S506  # safe ones


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=20), inner),
    max_leaves=8,
)


@given(VALUES)
def test_any_document(value: object) -> None:
    assert yaml.load(yaml_text(value), yaml.CSafeLoader) == read_json(value)


def test_a_text_alone() -> None:
    assert yaml.safe_load(yaml_text("a\n---\nb")) == "a\n---\nb"


def test_several_documents() -> None:
    """Each is whole when its last line is there."""
    values = [{"a": "b"}, ["c"], {}]
    printed = [document_text(each, Form.YAML, one_of_several=True) for each in values]
    assert all(each.startswith("---\n") and each.endswith("\n...") for each in printed)
    assert list(yaml.safe_load_all("\n".join(printed))) == values


def test_what_people_read() -> None:
    document = {
        "text": "version: 1\nnetworks: {}\n",
        "list": [{"a": 1, "b": []}],
        "mac": "52:54:00",
    }
    assert yaml_text(document).splitlines() == [
        "text: |",
        "  version: 1",
        "  networks: {}",
        "list:",
        "  - a: 1",
        "    b: []",
        'mac: "52:54:00"',
    ]
