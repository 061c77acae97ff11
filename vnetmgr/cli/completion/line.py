"""A command line, read as far as the cursor: which command it is, what was said, and what the word
at the cursor stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vnetmgr.cli.completion.commands import Command, Parameter
    from vnetmgr.cli.completion.known import Known


class Slot(Row):
    """What the word at the cursor is to say."""

    parameter: Parameter | None = None
    """Whose value it is; None: it is no value."""
    prefix: str = ""
    """What stands before the value in the same word: `--bridge=`."""
    typed: str = ""
    """What there is of the value."""
    flags: bool = False
    """Whether it names an option."""
    commands: bool = False
    """Whether it names a command."""
    literal: bool = False
    """Whether what begins with a dash is no option, either: behind `--`."""


class Line(Row):
    """A command line with what is known of it."""

    command: Command | None
    """None: it is not named yet."""
    values: Mapping[str, tuple[str, ...]]
    """What was said, by the parameter's name."""
    slot: Slot
    known: Known

    def said(self, name: str) -> str | None:
        """The last value of a parameter."""
        given = self.values.get(name, ())
        return given[-1] if given else None


class _Reader:
    """Reads words as click does: options anywhere, `--` before what is none."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.values: dict[str, list[str]] = {}
        self.pending: Parameter | None = None
        self.only_arguments = False
        self._options = command.options
        self._places = list(command.arguments)

    def read(self, word: str) -> None:
        """One word that is complete."""
        if self.pending is not None:
            self._say(self.pending, word)
            self.pending = None
        elif self.only_arguments or not word.startswith("-") or word == "-":
            self._argument(word)
        elif word == "--":
            self.only_arguments = True
        else:
            self._option(word)

    def _option(self, word: str) -> None:
        flag, equals, value = word.partition("=")
        option = self._options.get(flag)
        if option is None and not word.startswith("--"):
            self._short(word)
        elif option is not None and not option.takes_value:
            self._say(option, "yes")
        elif option is not None and equals:
            self._say(option, value)
        elif option is not None:
            self.pending = option

    def _short(self, word: str) -> None:
        """Several in one word, the last perhaps with its value: `-vcURI`."""
        for place, letter in enumerate(word[1:], 2):
            option = self._options.get(f"-{letter}")
            if option is None:
                return
            if option.takes_value:
                if value := word[place:]:
                    self._say(option, value)
                else:
                    self.pending = option
                return
            self._say(option, "yes")

    def _argument(self, word: str) -> None:
        if (argument := self.next_argument()) is not None:
            self._say(argument, word)
            if not argument.several:
                self._places.pop(0)
        if self.command.passes_on:
            self.only_arguments = True

    def next_argument(self) -> Parameter | None:
        """What the next word is that is no option's."""
        return self._places[0] if self._places else None

    def _say(self, parameter: Parameter, value: str) -> None:
        self.values.setdefault(parameter.name, []).append(value)

    def slot(self, typed: str) -> Slot:
        """What the word at the cursor is."""
        if self.pending is not None:
            return Slot(parameter=self.pending, typed=typed)
        if typed.startswith("-") and not self.only_arguments:
            flag, equals, value = typed.partition("=")
            option = self._options.get(flag)
            if equals and option is not None and option.takes_value:
                return Slot(parameter=option, prefix=f"{flag}=", typed=value)
            return Slot(typed=typed, flags=True)
        argument = self.next_argument()
        if argument is None:
            return Slot(typed=typed, flags=not typed and not self.only_arguments)
        return Slot(parameter=argument, typed=typed, literal=self.only_arguments)


def named_uri(words: Sequence[str]) -> str | None:
    """The connection that words name, as far as that can be told without the command: what is made
    of it is looked at again."""
    found = None
    for place, word in enumerate(words):
        if word in ("-c", "--connect"):
            found = words[place + 1] if place + 1 < len(words) else None
        elif word.startswith("--connect="):
            found = word.partition("=")[2]
    return found


def read_line(
    words: Sequence[str],
    typed: str,
    behind: Sequence[str],
    *,
    load: Callable[[str], Command | None],
    known: Callable[[Mapping[str, Sequence[str]]], Known],
) -> Line:
    """The words before the cursor, the one at it and those behind, without the program's name.
    `load` knows the commands by name; the one without a name has what stands before a command."""
    rest = list(words)
    before, slot = _read_before(rest, typed, load)
    if not rest:
        values = _frozen(before)
        if slot.parameter is None and not typed.startswith("-"):
            slot = Slot(typed=typed, commands=True)
        return Line(None, values, slot, known(values))
    command = load(rest[0])
    if command is None:
        return Line(None, _frozen(before), Slot(typed=typed), known(before))
    reader = _Reader(command)
    for word in rest[1:]:
        reader.read(word)
    values = _frozen({**before, **_options_behind(reader, behind), **reader.values})
    return Line(command, values, reader.slot(typed), known(values))


def _read_before(
    rest: list[str], typed: str, load: Callable[[str], Command | None]
) -> tuple[dict[str, list[str]], Slot]:
    """What is said before the command, which takes it off the words; and what one more would be."""
    first = rest[0] if rest else typed
    root = load("") if first.startswith("-") else None
    if root is None:
        return {}, Slot(typed=typed)
    reader = _Reader(root)
    while rest and (reader.pending is not None or rest[0].startswith("-")):
        reader.read(rest.pop(0))
    return reader.values, reader.slot(typed)


def _options_behind(reader: _Reader, words: Sequence[str]) -> dict[str, list[str]]:
    """The options that stand behind the cursor; its own word may be one's value, or its name."""
    after = _Reader(reader.command)
    after.only_arguments = reader.only_arguments
    for word in words:
        after.read(word)
    options = {each.name for each in reader.command.parameters if each.flags}
    return {name: given for name, given in after.values.items() if name in options}


def _frozen(values: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(given) for name, given in values.items()}
