"""Cuts a QEMU command line into its options, and an option's value into keys.

Two notations: `type,key=value,...` with `,,` for a comma in a value, an implied first key and
short booleans (util/qemu-option.c, util/keyval.c), and JSON, which QEMU 6.0 and later take too.
"""

from __future__ import annotations

import json
import re

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.record import Record
from vnetmgr.qemu_args.tables import FLAGS, IMPLIED_KEYS, READ_OPTIONS, VALUE_OPTIONS

_PROGRAM = re.compile(r"(.*/)?(qemu-system-[\w.-]+|qemu-kvm|qemu|kvm)")
_LIST_ITEM = re.compile(r"(.+?)\.[0-9]+(?:\.str)?")


class Argument(Record):
    """One option with its value, as typed and taken apart."""

    option: str
    words: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()

    def first(self, key: str) -> str | None:
        """The value of a key; of a repeated one the last, as QEMU does."""
        return next((value for name, value in reversed(self.pairs) if name == key), None)

    @property
    def label(self) -> str:
        """How messages call it: the option, its type and its id."""
        kind = self.first(IMPLIED_KEYS.get(self.option, ""))
        name = self.first("id")
        parts = [kind or "", f"id={name}" if name else ""]
        return f"{self.option} {','.join(part for part in parts if part)}".rstrip()


class CommandLine(Record):
    """A command line in pieces: the program, and the options that have to do with nics."""

    program: str | None
    arguments: tuple[Argument, ...]
    flags: frozenset[str]
    """Every option there is, also those with a value that could not be read."""
    notes: tuple[str, ...]
    problems: tuple[str, ...]


def split_words(words: tuple[str, ...]) -> CommandLine:
    """Find the options; pass over those of other kinds, with their values."""
    start, program = _program(words)
    arguments: list[Argument] = []
    flags: set[str] = set()
    notes: list[str] = []
    problems: list[str] = []
    rest = iter(words[start:])
    for word in rest:
        option = _option(word)
        flags.add(option or "")
        if option is None or option in FLAGS:
            continue
        if option in VALUE_OPTIONS or option in READ_OPTIONS:
            value = next(rest, None)
            if value is None:
                problems.append(f"{word}: its value is missing; give it one or take it away")
            elif option in READ_OPTIONS:
                try:
                    arguments.append(_argument(word, option, value))
                except ValueError as error:
                    problems.append(f"{word} {value}: {error}")
        elif near := did_you_mean(option, READ_OPTIONS):
            problems.append(f"{word}: QEMU has no such option.{near}")
        else:
            notes.append(f"{word}: not an option that is known here; passed over")
    return CommandLine(
        program=program,
        arguments=tuple(arguments),
        flags=frozenset(flags),
        notes=tuple(notes),
        problems=tuple(problems),
    )


def _program(words: tuple[str, ...]) -> tuple[int, str | None]:
    for index, word in enumerate(words):
        if word.startswith("-"):
            break
        if found := _PROGRAM.fullmatch(word):
            return index + 1, found.group(2)
    return 0, None


def _option(word: str) -> str | None:
    """An option with one hyphen; QEMU takes two as well. None: an image's name."""
    if not word.startswith("-") or word == "-":
        return None
    return "-" + word.removeprefix("-").removeprefix("-")


def _argument(word: str, option: str, value: str) -> Argument:
    if not (word + value).isprintable():
        raise ValueError("a control character; nothing in libvirt's XML could hold it")
    implied = IMPLIED_KEYS.get(option)
    pairs: tuple[tuple[str, str], ...] = ()
    if implied and value.startswith("{"):
        pairs = read_json(value)
    elif implied:
        pairs = read_keys(value, implied=implied)
    return Argument(option=option, words=(word, value), pairs=pairs)


def read_keys(text: str, *, implied: str) -> tuple[tuple[str, str], ...]:
    """Read `type,key=value,flag,noflag`."""
    pairs = []
    parts = _split_commas(text)
    if len(parts) > 1 and not parts[-1]:
        parts.pop()  # QEMU passes over a comma at the end
    for index, part in enumerate(parts):
        key, equals, value = part.partition("=")
        if not equals and index == 0:
            key, value = implied, part
        elif not equals and key.startswith("no") and len(key) > 2 and key not in _NOT_NEGATED:
            key, value = key.removeprefix("no"), "off"
        elif not equals:
            value = "on"
        if key or value:
            pairs.append((_plain_key(key), value))
    return tuple(pairs)


# Keys that begin with "no" by themselves.
_NOT_NEGATED = ("notify_on_empty",)


def _split_commas(text: str) -> list[str]:
    """Cut at single commas; two of them stand for one in the value."""
    if not text:
        return []
    parts = [""]
    for piece in re.findall(r",,|,|[^,]+", text):
        if piece == ",":
            parts.append("")
        else:
            parts[-1] += "," if piece == ",," else piece
    return parts


def read_json(text: str) -> tuple[tuple[str, str], ...]:
    """Read `{"type": "user", "addr": {"type": "inet"}}`: nested keys become dotted ones."""
    try:
        value = json.loads(text)
        return tuple(_flat("", value))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON that QEMU would take ({error})") from error


def _flat(key: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        if key and set(value) == {"str"}:  # QAPI's String, in lists such as hostfwd
            return _flat(key, value["str"])
        dot = f"{key}." if key else ""
        return [pair for name, inner in value.items() for pair in _flat(dot + name, inner)]
    if isinstance(value, list):
        return [pair for inner in value for pair in _flat(key, inner)]
    if isinstance(value, bool):
        return [(key, "on" if value else "off")]
    text = "null" if value is None else str(value)
    if not text.isprintable() or not key.isprintable():
        raise ValueError("a control character")
    return [(key, text if isinstance(value, str) or key != "addr" else _devfn(value))]


def _devfn(value: object) -> str:
    """A number as `addr` is slot and function in one (hw/core/qdev-properties-system.c)."""
    if isinstance(value, int) and 0 <= value <= 0xFF:
        return f"{value >> 3:x}.{value & 7}"
    return str(value)


def _plain_key(key: str) -> str:
    """`hostfwd.0.str`, as the keyval notation writes a list's items, is `hostfwd`."""
    item = _LIST_ITEM.fullmatch(key)
    return item.group(1) if item else key
