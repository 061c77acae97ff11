"""`$X`, `${X:-word}`, `${X%pattern}`, `${X[@]}`, ...: POSIX.1-2017, 2.6.2, and bash(1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from vnetmgr.qemu_args.shell.glob import TooMuchError, compile_pattern, cut, substitute
from vnetmgr.qemu_args.shell.syntax import Literal, Noted, Parameter, Word
from vnetmgr.qemu_args.shell.values import (
    Array,
    Hole,
    Many,
    Map,
    Problem,
    holes,
    known,
    map_text,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.qemu_args.shell.glob import Sign
    from vnetmgr.qemu_args.shell.state import State
    from vnetmgr.qemu_args.shell.syntax import Opaque, Substitution
    from vnetmgr.qemu_args.shell.values import Items, Text

ARGUMENTS = Many("what the script is called with ($@) is not known", 0, "$@", left_out=True)


class Running(Protocol):
    """What expansions need of the interpreter."""

    state: State
    bash: bool | None
    """Whether bash runs the script; None: maybe."""

    def substitute(self, part: Substitution | Opaque) -> Text: ...


class Expanding(Protocol):
    """What parameters need of who expands the words within them."""

    run: Running

    def text(self, word: Word) -> Text: ...

    def calculate(self, word: Word) -> int | None: ...


class Listed(NamedTuple):
    """A parameter that is a list. `joined`: as one text."""

    items: Items
    joined: bool = False


def resolve(part: Parameter, expander: Expanding) -> Text | Listed | Word:
    """What a parameter stands for; a word where its default is taken."""
    if part.operator == "!" and part.index is None:
        return _indirect(part, expander)
    if part.name in ("@", "*") or part.index in ("@", "*"):
        return _list(part, expander)
    return _scalar(part, _value(part, expander), expander)


def _indirect(part: Parameter, expander: Expanding) -> Text | Listed | Word:
    name = expander.run.state.scalar(part.name)
    target = known(name) if name is not None else None
    plain = (target or "").removesuffix("[@]").removesuffix("[*]")
    if target is None or not plain.isidentifier():
        return (Hole(f"{part.shown}: which variable that is is not known", part.line, part.shown),)
    index = target[len(plain) + 1 : -1] or None
    return resolve(part._replace(name=plain, index=index, operator=""), expander)


# Single values


def _value(part: Parameter, expander: Expanding) -> Text | None:
    """A parameter's value; None where the script gives it none."""
    state, name = expander.run.state, part.name
    if isinstance(part.index, Word):
        return _element(part, part.index, expander)
    if name.isdecimal() and name != "0":
        return _argument(part, state.arguments)
    if name == "#":
        if state.arguments is None or any(isinstance(i, Many) for i in state.arguments):
            return (Hole("$# is not known before the script runs", part.line, "$#"),)
        return (str(len(state.arguments)),)
    if not (name[0].isalpha() or name[0] == "_"):
        return (Hole(f"${name} is not known before the script runs", part.line, f"${name}"),)
    value = state.scalar(name)
    if value is None:
        return None
    return tuple(
        piece._replace(via=name) if isinstance(piece, Hole) and not piece.via else piece
        for piece in value
    )


def _argument(part: Parameter, arguments: Items | None) -> Text | None:
    place = int(part.name[:6]) - 1
    if arguments is None:
        return None
    for item in arguments[: place + 1]:
        if isinstance(item, Many):
            if item.left_out:
                return None
            return (Hole(item.why, item.line, part.shown, via=item.via),)
    found = arguments[place] if place < len(arguments) else None
    return None if isinstance(found, Many) else found


def _element(part: Parameter, index: Word, expander: Expanding) -> Text | None:
    value = expander.run.state.get(part.name)
    unknown = (Hole(f"{part.shown} is not known", part.line, part.shown),)
    if isinstance(value, Map):
        key = known(expander.text(index))
        if key is None or value.entries is None:
            return unknown
        return dict(value.entries).get(key)
    number = expander.calculate(index)
    items = value.items if isinstance(value, Array) else () if value is None else (value,)
    if number is None:
        return unknown
    if number < 0:
        if any(isinstance(item, Many) for item in items) or not isinstance(value, Array):
            return unknown
        number += len(items)
    if any(isinstance(item, Many) for item in items[: number + 1]) or number < 0:
        return unknown
    if number >= len(items) and value is not None and not part.operator:
        return ()  # nothing from outside can be there
    found = items[number] if number < len(items) else None
    return unknown if isinstance(found, Many) else found


def _scalar(part: Parameter, value: Text | None, expander: Expanding) -> Text | Word:
    operator = part.operator
    if operator[-1:] in tuple("-=+?") and operator.strip(":") in tuple("-=+?"):
        return _default(part, value, expander)
    if value is None:
        if operator == "#" and not part.operands and expander.run.state.others is None:
            value = ()
        else:
            return (_not_set(part),)
    if operator == "":
        return value
    if operator == "#" and not part.operands:
        return map_text(value, lambda text: str(len(text)), part.shown, part.line)
    change = _change(part, expander)
    if change is None:
        return (Hole(f"{part.shown} is not known", part.line, part.shown),)
    try:
        return map_text(value, change, part.shown, part.line)
    except TooMuchError:
        return (Hole(f"{part.shown} is not followed", part.line, part.shown),)


def _not_set(part: Parameter) -> Hole:
    name = part.name if part.index is None else part.shown.strip("${}")
    why = f"${name} is not set in the script: set it above, or write its value"
    return Hole(why, part.line, part.shown)


def _default(part: Parameter, value: Text | None, expander: Expanding) -> Text | Word:
    colon, kind = part.operator[0] == ":", part.operator[-1]
    word = part.operands[0]
    text = None if value is None else known(value)
    missing = value is None or (colon and text == "")
    unsure = (
        not missing
        and text is None
        and colon
        and not any(isinstance(piece, str) for piece in value or ())
    )
    if kind == "+":
        if unsure:
            choices = ((), expander.text(word))
            return (holes(value or ())[0]._replace(choices=choices, repeated=False, size=3),)
        return (_left_out(part) if value is None else ()) if missing else word
    if unsure and kind in "-=" and value is not None:
        return _maybe(value, expander.text(word))
    if not missing or kind == "?":
        return (_not_set(part),) if missing or value is None else value
    reason = f"${part.name} is not set in the script: its default is taken"
    note = Problem(part.line, reason)
    if kind == "=":
        assigned = text_of((*expander.text(word), note))
        if part.index is None:
            expander.run.state.put(part.name, assigned)
        return assigned
    return Word((*word.parts, Noted(note.text, note.line)), word.line)


def _left_out(part: Parameter) -> Text:
    what = f"${part.name} is not set in the script: {part.shown} is left out"
    return (Problem(part.line, what),)


def _maybe(value: Text, default: Text) -> Text:
    """`${X:-default}` of what may be empty."""
    hole = holes(value)[0]
    if hole.choices is None or len(value) != 1 or hole.repeated:
        return (hole._replace(choices=None),)
    choices = tuple(dict.fromkeys(each or default for each in hole.choices))
    return choices[0] if len(choices) == 1 else (hole._replace(choices=choices),)


def _change(part: Parameter, expander: Expanding) -> Callable[[str], str] | None:
    """What an operator does to a text. None: its operands are not known."""
    operator, operands = part.operator, part.operands
    if operator in ("%", "%%", "#", "##"):
        pattern = pattern_of(operands[0], expander)
        if pattern is None:
            return None
        signs = pattern
        return lambda text: cut(signs, text, operator)
    if operator[0] == "/":
        pattern = pattern_of(operands[0], expander)
        new = known(expander.text(operands[1])) if len(operands) > 1 else ""
        if pattern is None or new is None:
            return None
        return lambda text: substitute(pattern, text, new, operator)
    if operator == ":":
        numbers = [expander.calculate(each) for each in operands]
        if None in numbers:
            return None
        return lambda text: text[_slice(len(text), [n for n in numbers if n is not None])]
    if operator[0] in "^," and not (operands and operands[0].parts):
        first, changed = len(operator) == 1, str.upper if operator[0] == "^" else str.lower
        return lambda text: changed(text[:1]) + text[1:] if first else changed(text)
    return None


def _slice(length: int, numbers: list[int]) -> slice:
    start = numbers[0] + length if numbers[0] < 0 else numbers[0]
    if start < 0:
        return slice(0, 0)
    end = length if len(numbers) < 2 else numbers[1]
    return slice(start, (start + end if end >= 0 else length + end) if len(numbers) > 1 else length)


def pattern_of(word: Word, expander: Expanding) -> list[Sign] | None:
    """A word as a pattern. None: it is not known."""
    pieces: list[tuple[str, bool]] = []
    for part in word.parts:
        if isinstance(part, Literal) and pieces and pieces[-1][1] == part.quoted:
            pieces[-1] = (pieces[-1][0] + part.text, part.quoted)
            continue
        if isinstance(part, Literal):
            pieces.append((part.text, part.quoted))
            continue
        text = known(expander.text(Word((part,), word.line)))
        if text is None:
            return None
        pieces.append((text, part.quoted))
    try:
        return compile_pattern(pieces)
    except TooMuchError:
        return None


# Lists


def _list(part: Parameter, expander: Expanding) -> Text | Listed | Word:
    items = _items(part, expander)
    star = "*" in (part.name, part.index)
    unknown = any(isinstance(item, Many) for item in items)
    operator = part.operator
    if operator == "#" and not part.operands:
        if unknown:
            return (Hole(f"{part.shown} is not known", part.line, part.shown),)
        return (str(len(items)),)
    if operator == "!":
        return Listed(_keys(part, items, expander), star and part.quoted)
    if operator.strip(":") in tuple("-+=?") and operator:
        if unknown:
            return (Hole(f"{part.shown} is not known", part.line, part.shown),)
        if operator[-1] == "+":
            return part.operands[0] if items else ()
        return Listed(items, star and part.quoted) if items else part.operands[0]
    if operator == ":":
        items = _part(part, items, expander)
    elif operator:
        items = _changed(part, items, expander)
    return Listed(items, star and part.quoted)


def _items(part: Parameter, expander: Expanding) -> Items:
    state = expander.run.state
    if part.index is None:
        return (ARGUMENTS._replace(line=part.line),) if state.arguments is None else state.arguments
    value = state.get(part.name)
    if value is None:
        if part.name in state.variables or part.operator:
            return ()
        return (Many(_not_set(part).why, part.line, part.shown),)
    if isinstance(value, Map):
        if value.entries is not None and len(value.entries) < 2:
            return tuple(text for _, text in value.entries)
        why = f"{part.shown}: in which order bash lists them is not known"
        return (Many(why, part.line, part.shown),)
    return _marked(part.name, value.items) if isinstance(value, Array) else (value,)


def _marked(name: str, items: Items) -> Items:
    return tuple(
        item._replace(via=name) if isinstance(item, Many) and not item.via else item
        for item in items
    )


def _keys(part: Parameter, items: Items, expander: Expanding) -> Items:
    value = expander.run.state.get(part.name)
    if isinstance(value, Map):
        if value.entries is not None and len(value.entries) < 2:
            return tuple((key,) for key, _ in value.entries)
    elif not any(isinstance(item, Many) for item in items):
        return tuple((str(number),) for number in range(len(items)))
    return (Many(f"{part.shown} is not known", part.line, part.shown),)


def _part(part: Parameter, items: Items, expander: Expanding) -> Items:
    """`${X[@]:1:2}`; of "$@" the first is number 1."""
    value = expander.run.state.get(part.name) if part.index is not None else None
    if value is not None and not isinstance(value, Array | Map):
        # Of what is no array bash takes a part of the text, or nothing.
        return (Many(f"{part.shown} is not known", part.line, part.shown),)
    numbers = [expander.calculate(each) for each in part.operands]
    left_out = part.index is None and len(items) == 1 and isinstance(items[0], Many)
    if left_out and isinstance(items[0], Many) and items[0].left_out:
        return items
    if part.index is None:
        if numbers[:1] == [0]:
            return (Many(f"{part.shown} is not known", part.line, part.shown),)
        numbers[:1] = [n - 1 if n is not None and n > 0 else n for n in numbers[:1]]
    first, count = numbers[0], numbers[1] if len(numbers) > 1 else None
    unknown = (Many(f"{part.shown} is not known", part.line, part.shown),)
    if first is None or None in numbers or (count or 0) < 0:
        return unknown
    if first < 0:
        if any(isinstance(item, Many) for item in items):
            return unknown
        first = max(first + len(items), 0)
    reach = first if count is None else first + count
    if any(isinstance(item, Many) for item in items[:reach]):
        return unknown
    return items[first : len(items) if count is None else reach]


def _changed(part: Parameter, items: Items, expander: Expanding) -> Items:
    change = _change(part, expander)
    found = []
    for item in items:
        if isinstance(item, Many) or change is None:
            return (Many(f"{part.shown} is not known", part.line, part.shown),)
        try:
            found.append(map_text(item, change, part.shown, part.line))
        except TooMuchError:
            return (Many(f"{part.shown} is not followed", part.line, part.shown),)
    return tuple(found)
