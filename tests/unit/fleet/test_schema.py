"""The checker of answers, beside the one that tests our own documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.json_schema import complaints
from vnetmgr.fleet.schema import complaint
from vnetmgr.render.documents import KINDS, document

# Those that a value can fail by, and that it knows.
KNOWN = {"$ref", "type", "const", "enum", "anyOf", "items", "properties", "required"}
OTHERS = {"$schema", "$defs", "title", "description", "format", "additionalProperties"}


def schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    named = (*schema.get("properties", {}).values(), *schema.get("$defs", {}).values())
    inner = (schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ()))
    for each in (*named, *inner):
        if isinstance(each, dict):
            yield from schemas(each)


@pytest.mark.parametrize("kind", KINDS)
def test_it_knows_every_word_of_every_schema(kind: str) -> None:
    for schema in schemas(document(kind).json_schema()):
        assert schema.keys() <= KNOWN | OTHERS


# 1.0 is 1 for a schema; ours takes what our documents have, and none has that.
FRACTIONS = st.floats(0, 1, exclude_min=True, exclude_max=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["a", "b"]) | FRACTIONS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=8,
)
SCHEMA = {
    "type": "object",
    "properties": {
        "x": {"anyOf": [{"$ref": "#/$defs/one"}, {"type": "null"}]},
        "y": {"type": ["integer", "null"]},
        "z": {"enum": ["a", 1]},
    },
    "required": ["x"],
    "additionalProperties": {"type": "boolean"},
    "$defs": {"one": {"type": "array", "items": {"type": "string"}}},
}


@given(VALUES)
def test_both_agree(value: object) -> None:
    assert (complaint(SCHEMA, value) is None) is (complaints(SCHEMA, value) == [])
