"""Text from others, made harmless where people read it: the one place that does so.

Guests choose their host names, addresses and aliases; other administrators names and metadata;
files and links are called anything. What moves a cursor, turns text around, cannot be seen or ends
a line would let them clear the reader's screen and forge rows: it is shown as an escape.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Python calls these printable, and they are not to be seen: Default_Ignorable_Code_Point of
# Unicode 15, and Braille's blank.
_UNSEEN = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}


def is_printable(text: str) -> bool:
    """Whether it is one line of what can be seen: no controls (C0, C1), format characters (bidi,
    zero-width), separators other than the space, surrogates, private or unassigned characters."""
    return text.isprintable() and (text.isascii() or not re.search(_UNSEEN, text))


def printable(text: str) -> str:
    r"""The text in one line, with `\n`, `\x1b`, `\u202e` and `\U000e0001` for what cannot be seen.
    YAML reads the same escapes in double quotes."""
    return _escaped(text, _escape)


def brief(text: str, most: int = 200) -> str:
    """The beginning of a text that others may have made as long as they like."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def printable_lines(text: str) -> str:
    """A text whose lines and tabs are its author's, and stay."""
    return _escaped(text, _escape, keep="\n\t")


def printable_xml(text: str) -> str:
    """A document, with references: its values are the same."""
    return _escaped(text, lambda char: f"&#x{ord(char):x};", keep="\n\t")


def printable_json(text: str, *, ascii_only: bool = False) -> str:
    r"""JSON, with C1, bidi controls and the like as `\u` too: its values are the same. But a lone
    surrogate, a byte that is no UTF-8, is in no Unicode text, and few readers take it: it is the
    text that people see, `\udcff`."""
    if ascii_only and not text.isascii():
        text = "".join(char if char.isascii() else _escape_json(char) for char in text)
    return _escaped(text, _escape_json, keep="\n")


def shell_word(text: str) -> str:
    r"""A word as a shell reads it; what cannot be seen in it as bash and zsh have it: `$'\x1b'`."""
    import shlex

    if is_printable(text):
        return shlex.quote(text)
    return "$'" + "".join(map(_escape_shell, text)) + "'"


def _escaped(text: str, escape: Callable[[str], str], keep: str = "") -> str:
    if is_printable(text):
        return text
    if "\n" in keep:  # most lines of a long document are printable
        inner = keep.replace("\n", "")
        return "\n".join(_escaped(line, escape, inner) for line in text.split("\n"))
    return "".join(char if is_printable(char) or char in keep else escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_json(char: str) -> str:
    code = ord(char)
    if 0xD800 <= code < 0xE000:
        return f"\\\\u{code:04x}"
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _escape_shell(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    if is_printable(char):
        return char
    # A lone surrogate is a byte that is no UTF-8, else what only JSON can say.
    how = "surrogateescape" if 0xDC80 <= ord(char) < 0xDD00 else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", how))
