"""Text between `$'` and `'`, with its escapes: bash(1), QUOTING."""

from __future__ import annotations

import re

_PLAIN = {
    **dict(zip("abefnrtv", "\a\b\x1b\f\n\r\t\v", strict=True)),
    **{char: char for char in "\\'\"?"},
    "E": "\x1b",
}
_NUMBER = re.compile(
    r"x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)", re.DOTALL
)


def ansi_text(text: str, at: int) -> tuple[str, int]:
    """The text from `at` up to the closing quote, and the place behind it."""
    found: list[str] = []
    while at < len(text) and text[at] != "'":
        if text[at] != "\\":
            found.append(text[at])
            at += 1
            continue
        number = _NUMBER.match(text, at + 1)
        following = text[at + 1 : at + 2]
        if number:
            found.append(_character(number))
            at = number.end()
        else:
            found.append(_PLAIN.get(following, "\\" + following))
            at += 2
    return "".join(found).split("\0")[0], at + 1


def _character(match: re.Match[str]) -> str:
    hexadecimal = match[1] or match[2] or match[3]
    if hexadecimal:
        code = int(hexadecimal, 16)
    elif match[4]:
        code = int(match[4], 8) & 0xFF
    else:
        code = ord(match[5]) & 0x1F
    return chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd"
