"""A file of facts, and what is none."""

from __future__ import annotations

import json

import pytest

from tests.unit.model.path.examples import FACTS
from vnetmgr.errors import UsageError
from vnetmgr.model.path.saved import read_saved, saved


def test_a_file_is_read_back() -> None:
    assert read_saved(saved(FACTS)) == FACTS


def changed(*way: str | int, value: object) -> str:
    """The file, with another value at one place."""
    found = json.loads(saved(FACTS))
    inside = found["facts"]
    for part in way[:-1]:
        inside = inside[part]
    inside[way[-1]] = value
    return json.dumps(found)


def document(**changes: object) -> str:
    return json.dumps({"kind": "path-facts", "version": 1, "facts": {}} | changes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: no JSON"),
        (saved(FACTS)[:-40], "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("1" * 5_000, "no JSON"),
        ("null", "no file of saved facts"),
        ('{"kind": "nics", "version": 1, "items": []}', "no file of saved facts"),
        (document(version=2), "version: 2 is not 1"),
        (document(version="1"), "version: '1' is not 1"),
        (document(), "facts: fields are missing"),
        (document(facts=None), "facts: None is not an object"),
        (
            document(
                facts={"uri": "u", "host": "h", "taken_s": 1, "networks": [{"name": "lab"}]},
            ),
            "facts.networks[0]: neither config nor live",
        ),
        (
            changed("links", 1, "addresses", 0, "prefix", value=33),
            "facts.links[1].addresses: 10.0.0.1 has no prefix of 33 bits",
        ),
        (
            changed("rulesets", "nft", 0, "table", "name", value=None),
            "facts.rulesets.nft[0].table.name: it is no text",
        ),
    ],
)
def test_what_is_no_such_file_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_saved(text)
    assert said in raised.value.text
    assert raised.value.hint
