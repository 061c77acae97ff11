"""How values are written for people: the notation that the parsers read."""

from __future__ import annotations


def show(value: object) -> str | None:
    """A field's value as users write it; None where there is none."""
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join("=".join(item) if isinstance(item, tuple) else str(item) for item in value)
    return str(value)
