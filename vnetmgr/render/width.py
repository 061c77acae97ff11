"""How much room a text takes on a terminal: characters that take two columns, or none."""

from __future__ import annotations

from unicodedata import category, east_asian_width

# Of Korean, vowels and final consonants stand in the first one's place; a skin's tone changes the
# picture before it.
_WITHIN = (range(0x1160, 0x1200), range(0xD7B0, 0xD800), range(0x1F3FB, 0x1F400))


def width(text: str) -> int:
    """In columns, of a text without control characters."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    if category(char).startswith("M") or any(ord(char) in each for each in _WITHIN):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def padded(text: str, columns: int) -> str:
    """The text with spaces behind it, so that it takes so many columns."""
    return text + " " * (columns - width(text))
