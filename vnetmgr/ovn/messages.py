"""A parser of the messages that OVN's databases send, for where the library has but its slow one.

That one is a state machine in Python, one step a character: 10,000 ports take it four seconds.
Debian's package has another one in C, which PyPI's has not where it is built without OVS's headers.
"""

from __future__ import annotations

import json
import re
from typing import Any

from vnetmgr.ovn.library import Connection, ovs_json

# Possessive: whatever a text begins with, the patterns take one look at each character of it.
_INSIDE = r'[^"\\]*+(?:\\.[^"\\]*+)*+'
_REST_OF_STRING = re.compile(rf'{_INSIDE}(?:(")|(\\?)\Z)', re.DOTALL)
_NEXT = re.compile(rf'(?:[^"{{}}]++|"{_INSIDE}")*(?:([{{}}])|"{_INSIDE}(\\?)\Z)', re.DOTALL)
"""All up to the next brace that is in no string, or to the end of what has come of a string."""


class Parser:
    """What takes one message as it comes in; used like `ovs.json.Parser`."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._depth = 0
        self._in_string = False
        self._rest = ""
        """A backslash, of which it is not known yet what it is before."""
        self._wrong: str | None = None
        self._whole = False

    def feed(self, text: str) -> int:
        """Take what has come in; how much of it was of this message."""
        if not self._parts:
            bare = text.lstrip()
            if not bare:
                return len(text)
            if bare[0] != "{":
                self._wrong, self._whole = "no object begins here", True
                return len(text)
        chunk = self._rest + text
        end = self._end_in(chunk)
        if end is None:
            self._parts.append(chunk.removesuffix(self._rest))
            return len(text)
        self._parts.append(chunk[:end])
        self._whole = True
        return len(text) - (len(chunk) - end)

    def _end_in(self, chunk: str) -> int | None:
        """Where the message ends; None: later."""
        start = 0
        if self._in_string:
            rest = _REST_OF_STRING.match(chunk)
            if rest is None or rest[1] is None:
                self._rest = "" if rest is None else rest[2]
                return None
            start = rest.end()
        self._in_string, self._rest = False, ""
        while part := _NEXT.match(chunk, start):
            start = part.end()
            match part[1]:
                case "{":
                    self._depth += 1
                case "}":
                    self._depth -= 1
                    if self._depth == 0:
                        return start
                case _:
                    self._in_string, self._rest = True, part[2]
                    return None
        return None

    def is_done(self) -> bool:
        """Whether all of it has come."""
        return self._whole

    def finish(self) -> Any:
        """The message; a text says what is wrong with it."""
        if self._wrong is not None:
            return self._wrong
        try:
            return json.loads("".join(self._parts))
        except (ValueError, RecursionError) as error:
            return str(error)


class _Fast(Connection):  # type: ignore[misc]  # the library has no types
    """The library's connection with that parser."""

    parser: Any

    def recv(self) -> Any:
        if self.parser is None:
            self.parser = Parser()
        return super().recv()


def hasten(session: Any) -> None:
    """Have a session's connection use it, where the library has nothing better."""
    if ovs_json.PARSER == ovs_json.PARSER_PY and type(session.rpc) is Connection:
        session.rpc.__class__ = _Fast
