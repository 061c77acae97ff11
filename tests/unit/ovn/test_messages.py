"""Messages in pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnetmgr.ovn.messages import Parser

TEXTS = st.text() | st.text(alphabet='\\"{}a')
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=6,
)


@settings(max_examples=50)
@given(
    messages=st.lists(st.dictionaries(TEXTS, VALUES), min_size=1, max_size=3),
    piece=st.integers(min_value=1, max_value=40),
    ascii_only=st.sampled_from([True, False]),
)
def test_messages_are_found_whatever_pieces_they_come_in(
    messages: list[dict[str, object]],
    piece: int,
    ascii_only: bool,  # noqa: FBT001
) -> None:
    text = "\n".join(json.dumps(each, ensure_ascii=ascii_only) for each in messages)
    found: list[object] = []
    parser, waiting = Parser(), ""
    for start in range(0, len(text), piece):
        waiting += text[start : start + piece]
        while waiting:
            waiting = waiting[parser.feed(waiting) :]
            if parser.is_done():
                found.append(parser.finish())
                parser = Parser()
    assert found == messages


@pytest.mark.parametrize("text", ["[1]", "nonsense", '{"a": }', '{"a": 1]}', "}", '"'])
def test_what_is_none_is_said(text: str) -> None:
    parser = Parser()
    assert parser.feed(text) == len(text)
    assert parser.is_done()
    assert isinstance(parser.finish(), str)


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    message = {"schema": '\\"{}' * 200_000}
    text = json.dumps(message)
    parser = Parser()
    for start in range(0, len(text), 4096):
        parser.feed(text[start : start + 4096])
    assert parser.is_done()
    assert parser.finish() == message
