"""What a hostile host may print, and what is made of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vnetmgr.errors import ExitCode, LockedError, UsageError, VnetError
from vnetmgr.fleet.reading import error_of, exit_code_of, read_document
from vnetmgr.problem import About, Place, Problem
from vnetmgr.render.documents.error import ERROR, ShownError

MODEL = {"name": "virtio", "pci_id": None, "driver": None, "class": "virtio"}
MODELS: dict[str, Any] = {"kind": "models", "version": 1, "items": []}
ANY: frozenset[str] = frozenset()


def test_a_document_is_read_with_keys_that_a_later_version_has() -> None:
    given = MODELS | {"tomorrow": [{"x": 1.5}]}
    assert read_document(json.dumps(given).encode(), ANY) == given
    assert read_document(json.dumps(given).encode(), frozenset({"models"})) == given


def test_what_is_not_plain_may_be_escaped() -> None:
    given = MODELS | {"x": "\U000e0001"}
    assert read_document(json.dumps(given).encode(), ANY) == given


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "what is no JSON"),
        (b"\xff\xfe", "what is no JSON"),
        (b"Last login: today\n{}", "what is no JSON"),
        (b"[" * 100_000, "what is no JSON"),
        (b'{"kind": "models", "version": 1, "items": [], "x": NaN}', "what is no JSON"),
        (b'{"kind": "models", "version": 1, "items": [], "x": 1e999}', "what is no JSON"),
        (b'{"x": ' + b"9" * 5000 + b"}", "what is no JSON"),
        (b'{"x": ' + b"[" * 50 + b"]" * 50 + b"}", "JSON that is nested more than 40 deep"),
        (rb'{"kind": "models", "version": 1, "items": [], "x": "\ud800"}', "what is no JSON"),
        (b'{"kind": "models", "version": 1, "items": [], "x\xed\xa0\x80": 1}', "what is no JSON"),
        (b"[]", "JSON that is no object"),
        (b"{}", "a document of kind None"),
        (b'{"kind": "' + b"x" * 1000 + b'"}', "a document of kind 'xxx"),
        (b'{"kind": ["models"]}', "a document of kind ['models']"),
        (b'{"kind": "../models", "version": 1}', "a document of kind '../models'"),
        (b'{"kind": "nics", "version": 1, "items": []}', "a document of kind 'nics'"),
        (b'{"kind": "models"}', "a document of kind models with no version"),
        (
            b'{"kind": "models", "version": 2, "items": []}',
            "a document of kind models with version other than 1",
        ),
        (
            b'{"kind": "models", "version": true, "items": []}',
            "a document of kind models with version other than 1",
        ),
        (
            b'{"kind": "models", "version": 1, "items": {}}',
            "a document of kind models with items that is no array",
        ),
        (
            b'{"kind": "models", "version": 1, "items": [[]]}',
            "a document of kind models with items[] that is no object",
        ),
        (
            b'{"kind": "models", "version": 1, "items": [{}]}',
            "a document of kind models with no items[].name",
        ),
        (
            b'{"kind": "error", "version": 1}',
            "a document of kind error with no message",
        ),
    ],
)
def test_what_is_none_is_said_to_be_none(data: bytes, wrong: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text follows
        read_document(data, frozenset({"models"}))
    assert str(caught.value).startswith(wrong)


ABOUT = About("nic", "lan", domain="web1", field="mtu")


@pytest.mark.parametrize(
    "error",
    [
        VnetError("broken"),
        VnetError("broken\x1b[2J", "mend it", about=About("network", "lab"), items=["a", "b"]),
        UsageError("wrong", problems=[Problem(ABOUT, "no mtu", "less", Place("a.yaml", 3, 4))]),
        UsageError("wrong", problems=[Problem(None, "no line", origin=Place("a.yaml", 3))]),
        LockedError("held"),
    ],
)
def test_an_error_is_the_same_behind_its_document(error: VnetError) -> None:
    document = ERROR.whole(ShownError(error, error.exit_code))
    found = error_of(read_document(json.dumps(document).encode(), ANY))
    assert ERROR.whole(ShownError(found, found.exit_code)) == document
    assert (type(found), found.lines) == (type(error), error.lines)


def test_an_interrupt_is_an_error_with_its_own_code() -> None:
    document = ERROR.json(ShownError(VnetError("interrupted"), ExitCode.INTERRUPTED))
    assert error_of(document).exit_code == ExitCode.INTERRUPTED


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 75, 130])
def test_exit_codes_are_those_documented(number: int) -> None:
    assert exit_code_of(number) == number


@pytest.mark.parametrize("number", [-9, 5, 127, 255])
def test_no_other_is_one(number: int) -> None:
    assert exit_code_of(number) is None
