"""JSON documents as programs read them: one at a time, and as their schema says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from tests.json_schema import complaints
from vnetmgr.render.documents import document


@cache
def schema(kind: str) -> dict[str, Any]:
    """The schema of a kind of document."""
    return document(kind).json_schema()


def read_document(text: str) -> dict[str, Any]:
    """What a command has printed: one document, and every key of it known."""
    found: dict[str, Any] = json.loads(text)
    assert list(found)[:2] == ["kind", "version"]
    assert complaints(schema(found["kind"]), found, closed=True) == []
    return found
