"""What becomes of one key of a QEMU argument: a table per kind of argument says it.

A key without a rule is a problem, so that nothing that somebody wrote is lost in silence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.patch import UNSET
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import Source
    from vnetmgr.model.patch import Unset
    from vnetmgr.qemu_args.options import Argument


class Field(NamedTuple):
    """The key is a field of the nic."""

    name: str
    read: Callable[[str], object]


class Extra(NamedTuple):
    """The key is one of options.extra.EXTRA_KEYS."""

    key: str
    read: Callable[[str], str]


class Take(NamedTuple):
    """The key means something together with others: kept for the code, in `taken`."""

    read: Callable[[str], str]


class Listed(NamedTuple):
    """The key counts as often as it is given: kept for the code, in `listed`."""


class Note(NamedTuple):
    """The key has no equivalent, which does no harm: said with the reason."""

    reason: str


class Refuse(NamedTuple):
    """The key has no equivalent, and leaving it out would change what the nic does."""

    reason: str


class Same(NamedTuple):
    """The key says what libvirt does anyway."""


class Cases(NamedTuple):
    """What becomes of a switch depends on its value."""

    on: Note | Refuse | Same
    off: Note | Refuse | Same


Rule: TypeAlias = Field | Extra | Take | Listed | Note | Refuse | Same | Cases
SAME = Same()


class Draft:
    """One end of a connection, a front end or a back end, while it is being read."""

    def __init__(self, argument: Argument | None, label: str) -> None:
        self.argument = argument
        self.label = label
        self.fields: dict[str, object] = {}
        self.extra: dict[str, str] = {}
        self.taken: dict[str, str] = {}
        self.listed: list[tuple[str, str]] = []
        self.forwards: list[Forward] = []
        """Of a back end: the ports of the host that lead to the guest."""
        self.notes: list[str] = []
        self.problems: list[str] = []
        self.id: str | None = None
        self.hub: int | None = None
        self.peer: Draft | None = None
        self.source: Source | None = None
        """Of a back end: where its packets go."""
        self.via: Draft | None = None
        """Of a front end: the hub port that it is plugged into."""
        self.shared = False
        """Of a back end: a hub with nics on it has it."""

    def note(self, text: str) -> None:
        """Say something harmless."""
        self.notes.append(f"{self.label}: {text}")

    def problem(self, text: str) -> None:
        """Refuse."""
        self.problems.append(f"{self.label}: {text}")

    def apply(self, pairs: Iterable[tuple[str, str]], rules: Mapping[str, Rule]) -> None:
        """Read keys by their rules. Of a repeated key the last one counts, as in QEMU."""
        listed = list(pairs)
        for index, (key, value) in enumerate(listed):
            rule = rules.get(key)
            again = any(key == later for later, _ in listed[index + 1 :])
            if rule is None and key.startswith("x-"):
                self.note(f"{key}={value}: an experimental property, not part of libvirt")
            elif rule is None:
                self.problem(f"{key}={value}: unknown here.{did_you_mean(key, rules)}")
            elif again and not isinstance(rule, Listed | Note | Refuse | Cases):
                self.note(f"{key}={value}: given again later, and QEMU takes the last")
            else:
                self._apply(key, value, rule)

    def _apply(self, key: str, value: str, rule: Rule) -> None:
        try:
            if isinstance(rule, Cases):
                rule = rule.on if read_switch(value) == "on" else rule.off
            if isinstance(rule, Field):
                self.fields[rule.name] = rule.read(value)
            elif isinstance(rule, Extra):
                self.extra[rule.key] = rule.read(value)
            elif isinstance(rule, Take):
                self.taken[key] = rule.read(value)
            elif isinstance(rule, Listed):
                self.listed.append((key, value))
            elif isinstance(rule, Note):
                self.note(f"{key}={value}: {rule.reason}")
            elif isinstance(rule, Refuse):
                self.problem(f"{key}={value}: {rule.reason}")
        except ValueError as error:
            self.problem(f"{key}={value}: {error}")


_SWITCH = {
    **dict.fromkeys(("on", "yes", "true", "y"), "on"),
    **dict.fromkeys(("off", "no", "false", "n"), "off"),
}


def read_switch(text: str) -> str:
    """A boolean, as qapi/qapi-util.c reads it."""
    if text not in _SWITCH:
        raise ValueError(f"{text!r} is not on or off")
    return _SWITCH[text]


def read_number(low: int, high: int) -> Callable[[str], int]:
    """A reader of numbers within [low, high], in C's notations."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}|0[xX][0-9a-fA-F]{1,8}", text):
            raise ValueError(f"{text!r} is not a number")
        number = int(text, 16 if text[:2] in ("0x", "0X") else 10)
        if not low <= number <= high:
            raise ValueError(f"{text!r} is outside {low} to {high}")
        return number

    return read


def number_text(low: int, high: int) -> Callable[[str], str]:
    """The same, for an attribute."""
    read = read_number(low, high)
    return lambda text: str(read(text))


def read_mac(text: str) -> Mac | Unset:
    """A MAC as net_parse_macaddr of QEMU's util/net.c reads it; all zero is none given."""
    short = re.fullmatch(r"0x([0-9a-fA-F]{1,6})|([0-9]{1,8})", text)
    if short:
        number = int(short[1], 16) if short[1] else int(text, 8 if text[0] == "0" else 10)
        if number > 0xFFFFFF:
            raise ValueError(f"{text!r} is more than three bytes")
        text = f"{number:012x}"
    return UNSET if not Mac.normalise(text).strip("0:") else Mac.parse(text)


def read_path(text: str) -> str:
    """A path of the host's."""
    if text.startswith(("/dev/fdset/", "/dev/fd/", "/proc/self/fd/")):
        raise ValueError(
            "an open file of the process that starts QEMU, which libvirt does not have: name the "
            "path itself"
        )
    return read_text(text)


def read_text(text: str) -> str:
    """Any text but none at all."""
    if not text.strip():
        raise ValueError("its value is empty; give it one or take the key away")
    return text


def read_hub(text: str) -> str:
    """The number of a hub (`vlan=`, `hubid=`)."""
    return number_text(0, 2**31 - 1)(text)
