"""The text of iptables-save, ip6tables-save and ebtables-save: tables, chains, rules in words."""

from __future__ import annotations

import re
from typing import NamedTuple

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_COUNTERS = re.compile(r"\[\d+:\d+\] ")
_ESCAPED = re.compile(r"\\(.)")


class SavedRule(NamedTuple):
    """One rule."""

    words: tuple[str, ...]
    """Without the chain."""
    text: str
    """Without the counters."""


class SavedTable:
    """One table: its chains with their policies (None: one of somebody's) and rules."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.policies: dict[str, str | None] = {}
        self.rules: dict[str, list[SavedRule]] = {}


def read_saved(text: str) -> dict[str, SavedTable]:
    """The tables by their names. Lines of another form are none of a rule."""
    tables: dict[str, SavedTable] = {}
    table = SavedTable("")
    for line in text.splitlines():
        if line.startswith("*"):
            name = line[1:].strip()
            table = tables.setdefault(name, SavedTable(name))
        elif line.startswith(":"):
            chain, policy = [*line[1:].split(), "-"][:2]
            table.policies[chain] = None if policy == "-" else policy.lower()
            table.rules.setdefault(chain, [])
        elif found := _rule(line):
            chain, rule = found
            table.rules.setdefault(chain, []).append(rule)
    return tables


def _rule(line: str) -> tuple[str, SavedRule] | None:
    text = _COUNTERS.sub("", line, count=1) if line.startswith("[") else line
    if not text.startswith("-A "):
        return None
    words = _words(text)
    return (words[1], SavedRule(tuple(words[2:]), text)) if len(words) > 1 else None


def _words(text: str) -> list[str]:
    if '"' not in text:
        return text.split()
    return [bare or _ESCAPED.sub(r"\1", quoted) for quoted, bare in _WORD.findall(text)]
