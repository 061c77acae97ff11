"""A command line as virsh and others have it, put into this program's own order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.cli.catalogue import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

_WITH_VALUE = frozenset(
    {"--connect", "--output", "--timeout", "--hosts", "--host", "--on-host", "--ovn-nb"}
)
_FLAGS = frozenset({"--verbose", "--quiet", "--readonly", "--session"})
_THIS = "--this-host"
_OF_RECORDS = frozenset({"add-dns-record", "remove-dns-record"})
"""Their --host is a record's."""
_SHORT_WITH_VALUE = "co"
_SHORT_FLAGS = "vqr"


def in_order(words: Sequence[str]) -> list[str]:
    """`-c URI list-nics` as `list-nics -c URI`, `help list-nics` as `list-nics --help`.

    Behind the command, what comes later counts: its own options before those.
    """
    count = _options_before(words)
    before, rest = list(words[:count]), list(words[count:])
    if not rest:
        return []
    command, *others = rest
    if command == "help" and not others:
        return ["--help"]
    if command == "help":
        named, *others = others
        return ["--help"] if named in ("help", "-h", "--help") else [named, "--help"]
    if command in _OF_RECORDS:
        before = [_on_host(word) for word in before]
    return [command, *before, *others] if command in COMMANDS else rest


def _on_host(word: str) -> str:
    flag, equals, value = word.partition("=")
    return f"--on-host{equals}{value}" if flag == "--host" else word


def with_its_value(words: Sequence[str]) -> list[str]:
    """The same where --this-host without a name has an empty one: click knows no option that has a
    value or none."""
    end = words.index("--") if "--" in words else len(words)
    command = next((place for place in range(end) if words[place] in COMMANDS), end)
    lone = (
        place
        for place in range(end)
        if words[place] == _THIS
        and (place + 1 in (command, end) or words[place + 1].startswith("-"))
    )
    found = list(words)
    for place in lone:
        found[place] = f"{_THIS}="
    return found


def _options_before(words: Sequence[str]) -> int:
    """How many words are options, and values of theirs, that every command has."""
    count = 0
    while count < len(words):
        taken = _taken(words[count])
        if not taken:
            break
        count += taken
    return min(count, len(words))


def _taken(word: str) -> int:
    """How many words an option takes, its value with it; 0 for what is none of those."""
    flag, equals, _ = word.partition("=")
    if (flag in _FLAGS and not equals) or (flag == _THIS and equals):
        return 1
    if flag in _WITH_VALUE or flag == _THIS:
        return 1 if equals else 2
    if not word.startswith("-") or word.startswith("--") or len(word) == 1:
        return 0
    rest = word[1:].lstrip(_SHORT_FLAGS)
    if not rest:
        return 1
    if rest[0] not in _SHORT_WITH_VALUE:
        return 0
    return 1 if len(rest) > 1 else 2
