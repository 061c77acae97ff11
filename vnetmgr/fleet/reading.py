"""What a host has printed, read: nothing of it is believed but that it is one document of ours."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn

from vnetmgr.errors import ExitCode, LockedError, RefusedError, UsageError, VnetError
from vnetmgr.fleet.schema import complaint
from vnetmgr.render.answers.read import error_of as as_error
from vnetmgr.render.documents import KINDS, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

LARGEST = 64 * 1024 * 1024
"""Bytes of one document."""
_DEEPEST = 40
_CLASSES = {each.exit_code: each for each in (UsageError, RefusedError, LockedError)}


_HALVES = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")


def read_document(data: bytes, kinds: Set[str]) -> Mapping[str, object]:
    """One document, of one of these kinds, or an error. Raises ValueError with what is wrong."""
    found = read_object(data)
    kind = found.get("kind")
    if not isinstance(kind, str) or kind not in (kinds or KINDS.keys()) | {"error"}:
        raise ValueError(f"a document of kind {kind!r:.60}")
    if wrong := complaint(document(kind).json_schema(), found):
        raise ValueError(f"a document of kind {kind} with {wrong}")
    return found


def read_object(data: bytes) -> dict[str, Any]:
    """An object of JSON. Raises ValueError with what is wrong."""
    try:
        found = json.loads(data, parse_constant=_no_number, parse_float=_finite)
        if _HALVES.search(data):  # half a character: no text that can be written
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("what is no JSON") from None
    if not isinstance(found, dict):
        raise ValueError("JSON that is no object")
    _refuse_deep(found)
    return found


def _refuse_deep(found: object) -> None:
    """Raise ValueError for what no document of ours has, and printing it could not end well."""
    level = [found]
    for _ in range(_DEEPEST):
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return
    raise ValueError(f"JSON that is nested more than {_DEEPEST} deep")


def _inner(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def exit_code_of(code: int) -> ExitCode | None:
    """The documented exit code that a number is; None for any other."""
    try:
        return ExitCode(code)
    except ValueError:
        return None


def error_of(found: Mapping[str, Any]) -> VnetError:
    """The error that a document of that kind tells of."""
    code = ExitCode(found["exit_code"])
    error = as_error(found, _CLASSES.get(code, VnetError))
    error.exit_code = code
    return error
