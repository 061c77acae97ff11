"""What is known at one place of a script: variables, arguments, functions, output."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.qemu_args.shell.values import (
    Array,
    Hole,
    Many,
    Map,
    array,
    join_values,
    known,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.qemu_args.shell.syntax import Function
    from vnetmgr.qemu_args.shell.values import Items, Reason, Text, Value

# The system sets them, so that the script's default of them is never taken.
ALWAYS_SET = frozenset(
    [
        "BASH",
        "BASHPID",
        "BASH_SOURCE",
        "BASH_VERSION",
        "BASH_VERSINFO",
        "DIRSTACK",
        "EPOCHREALTIME",
        "EPOCHSECONDS",
        "EUID",
        "FUNCNAME",
        "GROUPS",
        "HOME",
        "HOSTNAME",
        "HOSTTYPE",
        "LINENO",
        "LOGNAME",
        "MACHTYPE",
        "OLDPWD",
        "OPTARG",
        "OPTIND",
        "OSTYPE",
        "PATH",
        "PIPESTATUS",
        "PPID",
        "PWD",
        "RANDOM",
        "REPLY",
        "SECONDS",
        "SHELL",
        "SHLVL",
        "SRANDOM",
        "TERM",
        "UID",
        "USER",
        "BASH_REMATCH",
        "SUDO_USER",
        "SUDO_UID",
        "SUDO_GID",
    ]
)
_REFERENCES = 8


class State:
    """Changes as the interpreter goes down the script; copied where a script branches."""

    def __init__(self) -> None:
        self.variables: dict[str, Value | None] = {}
        self.arguments: Items | None = None
        """None: what the script is called with."""
        self.output: Text = ()
        """What has been written so far, within `$(...)`."""
        self.functions: dict[str, tuple[Function | None, ...]] = {}
        self.frames: tuple[dict[str, Value | None], ...] = ()
        """Of each function that runs: what its local variables were before."""
        self.references: dict[str, str] = {}
        """`declare -n`: which variable stands for which."""
        self.others: Hole | None = None
        """Why even a variable that the script does not name may have a value."""
        self.dead = False
        """Whether the script has ended here, or left this place."""

    def copy(self) -> State:
        new = State()
        new.variables = dict(self.variables)
        new.arguments, new.output = self.arguments, self.output
        new.functions, new.references = dict(self.functions), dict(self.references)
        new.frames = tuple(map(dict, self.frames))
        new.others, new.dead = self.others, self.dead
        return new

    def key(self) -> tuple[object, ...]:
        """What two states that are the same have in common."""
        return (self.variables, self.arguments, self.output, self.functions, self.dead)

    def resolve(self, name: str) -> str:
        """The variable that a name stands for."""
        for _ in range(_REFERENCES):
            if name not in self.references:
                break
            name = self.references[name]
        return name

    def get(self, name: str) -> Value | None:
        """A variable's value; None where the script gives it none."""
        name = self.resolve(name)
        if name in self.variables:
            return self.variables[name]
        if name in ALWAYS_SET:
            return (Hole(f"${name} is not known before the script runs", 0, f"${name}"),)
        return (self.others,) if self.others else None

    def scalar(self, name: str) -> Text | None:
        """The value of `$name`: of an array its first."""
        value = self.get(name)
        if isinstance(value, Array):
            first = value.items[0] if value.items else ()
            if isinstance(first, Many):
                return (Hole(first.why, first.line, first.shown, via=first.via),)
            return first
        if isinstance(value, Map):
            return (Hole(f"${name} is a list of names and values", 0, f"${name}"),)
        return value

    def put(self, name: str, value: Value | None) -> None:
        self.variables[self.resolve(name)] = value

    def forget(self, name: str, why: str, line: int) -> None:
        """A variable's value is not known any more."""
        self.put(name, (Hole(f"${name} {why}", line, f"${name}"),))

    def element(self, name: str, index: Text, value: Text, *, append: bool, line: int) -> None:
        """`NAME[index]=value`."""
        old, place = self.get(name), known(index)
        if isinstance(old, Map):
            self._entry(name, old, place, value, append=append)
            return
        items = old.items if isinstance(old, Array) else () if old is None else (old,)
        number = int(place) if place is not None and place.strip("-").isdecimal() else None
        if number is not None and number < 0:
            number += len(items)
        fits = number is not None and 0 <= number <= len(items)
        if not fits or number is None or any(isinstance(i, Many) for i in items[: number + 1]):
            why = f"${{{name}[...]}} is set in line {line} at a place that is not followed"
            self.put(name, Array((Many(why, line, f"${{{name}[@]}}"),)))
            return
        before = items[number] if number < len(items) else ()
        new = text_of((*before, *value)) if append and not isinstance(before, Many) else value
        self.put(name, array((*items[:number], new, *items[number + 1 :])))

    def _entry(self, name: str, old: Map, key: str | None, value: Text, *, append: bool) -> None:
        if key is None or old.entries is None:
            self.put(name, Map(None))
            return
        entries = dict(old.entries)
        entries[key] = text_of((*entries.get(key, ()), *value)) if append else value
        self.put(name, Map(tuple(entries.items())))

    def make_local(self, name: str) -> None:
        """A variable's value comes back when the function returns."""
        if self.frames:
            self.frames[-1].setdefault(name, self.variables.get(name))

    def leave(self) -> None:
        """A function returns."""
        *frames, last = self.frames
        self.frames = tuple(frames)
        self.variables.update(last)

    def source(self, why: Hole) -> None:
        """Anything may have been set elsewhere."""
        self.others = why
        self.variables = dict.fromkeys(self.variables, (why,))


class Exits(NamedTuple):
    """The states with which a loop's turn, or a function, is left before its end."""

    stops: list[State]
    turns: list[State]


def join_states(states: Sequence[State], reason: Reason, *, again: bool = False) -> State | None:
    """The state behind branches: what is known on every way. None: no way leads there."""
    alive = [state for state in states if not state.dead]
    if not alive:
        return None
    joined = alive[0].copy()
    for other in alive[1:]:
        _join(joined, other, reason, again=again)
    return joined


def _join(joined: State, other: State, reason: Reason, *, again: bool) -> None:
    mine, theirs = joined.variables, other.variables
    for name in sorted(mine.keys() | theirs.keys()):
        first, second = mine.get(name), theirs.get(name)
        if first is not second and first != second:
            mine[name] = join_values(name, first, second, reason, again=again)
    if joined.arguments != other.arguments:
        first, second = (Array(each.arguments or ()) for each in (joined, other))
        value = join_values("@", first, second, reason, again=again)
        joined.arguments = value.items if isinstance(value, Array) else ()
    if joined.output != other.output:
        output = join_values("(...)", joined.output, other.output, reason, again=again)
        joined.output = output if isinstance(output, tuple) else ()  # type: ignore[assignment]
    for name in sorted(joined.functions.keys() | other.functions.keys()):
        both = (*joined.functions.get(name, (None,)), *other.functions.get(name, (None,)))
        joined.functions[name] = tuple({id(each): each for each in both}.values())
    for mine, theirs in zip(joined.frames, other.frames, strict=False):
        for name, value in theirs.items():
            mine.setdefault(name, value)
    joined.references |= other.references
    joined.others = joined.others or other.others


def give_up(entry: State, joined: State, reason: Reason, *, lists: bool) -> None:
    """What is another thing with each turn is not known. `lists`: what only grows neither."""
    why = f"changes with each turn of the loop of line {reason.line}"
    for name, value in list(joined.variables.items()):
        if value == entry.variables.get(name):
            continue
        grows = isinstance(value, Array) or (
            isinstance(value, tuple)
            and not isinstance(value, Map)
            and any(isinstance(piece, Hole) and piece.repeated for piece in value)
        )
        if lists or not grows:
            joined.forget(name, why, 0)
    if joined.arguments != entry.arguments:
        joined.arguments = (Many(f"$@ {why}", reason.line, "$@"),)
    if lists and joined.output != entry.output:
        joined.output = (Hole(f"what is written {why}", reason.line),)
