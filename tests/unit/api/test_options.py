"""The keywords of programs are the options of commands."""

from __future__ import annotations

from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from vnetmgr.api.options import NetworkOptions, NicOptions, RecordOptions
from vnetmgr.model.options.networks import NETWORK_OPTIONS
from vnetmgr.model.options.nics import NIC_OPTIONS, SOURCE_OPTIONS
from vnetmgr.model.options.parsers import Kind
from vnetmgr.model.options.records import RECORD_OPTIONS


def words_of(hint: object) -> set[str]:
    """The words of a Literal, also of one in a union."""
    if get_origin(hint) is Literal:
        return set(map(str, get_args(hint)))
    return {word for part in get_args(hint) for word in words_of(part)}


@pytest.mark.parametrize(
    ("keywords", "table"),
    [
        (NicOptions, {**SOURCE_OPTIONS, **NIC_OPTIONS}),
        (NetworkOptions, NETWORK_OPTIONS),
        (RecordOptions, RECORD_OPTIONS),
    ],
)
def test_keywords_are_options(keywords: type, table: dict[str, object]) -> None:
    hints = get_type_hints(keywords)
    assert list(hints) == list(table)
    for key, hint in hints.items():
        option = table[key]
        kind, choices = getattr(option, "kind", None), getattr(option, "choices", ())
        assert type(None) in get_args(hint), key
        assert (bool in get_args(hint)) == (kind in (Kind.FLAG, Kind.SWITCH) or key == "dns"), key
        if choices:
            assert words_of(hint) == set(choices), key
