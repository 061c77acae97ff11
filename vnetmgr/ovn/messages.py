"""A parser of the messages that OVN's databases send, for where the library has but its slow one.

That one is a state machine in Python, one step a character: 10,000 ports take it four seconds.
Debian's package has another one in C, which PyPI's has not where it is built without OVS's headers.
"""

from __future__ import annotations

import json
import re
from typing import Any

import ovs.json
from ovs.jsonrpc import Connection

# Possessive: whatever a text begins with, the pattern takes one look at each character of it.
_INSIDE = r'[^"\\]*+(?:\\.[^"\\]*+)*+("|\\?\Z)'
_REST_OF_STRING = re.compile(_INSIDE, re.DOTALL)
_PARTS = re.compile(rf'[{{}}]|"{_INSIDE}', re.DOTALL)


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
        start, self._rest = 0, ""
        if self._in_string:
            inside = _REST_OF_STRING.match(chunk)
            start = len(chunk) if inside is None else inside.end()
            self._string_ends(inside)
        for part in _PARTS.finditer(chunk, start):
            match part[0]:
                case "{":
                    self._depth += 1
                case "}":
                    self._depth -= 1
                    if self._depth == 0:
                        return part.end()
                case _:
                    self._string_ends(part)
        return None

    def _string_ends(self, part: re.Match[str] | None) -> None:
        ending = "" if part is None else part[1]
        self._in_string = ending != '"'
        self._rest = "\\" if ending == "\\" else ""

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
    if ovs.json.PARSER == ovs.json.PARSER_PY and type(session.rpc) is Connection:
        session.rpc.__class__ = _Fast
