"""What well-known programs write, as far as their words say it: for `$(...)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.values import Hole, Many, known, map_text, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.qemu_args.shell.expand import Field
    from vnetmgr.qemu_args.shell.values import Text

_MOST = 1000


def output_of(fields: Sequence[Field], document: Text | None, line: int) -> Text:
    """What a program writes to its output."""
    unknown: Text = (Hole("what a program writes is not known before it runs", line, "$(...)"),)
    values = [field.value for field in fields]
    texts = [value for value in values if not isinstance(value, Many)]
    if len(texts) != len(values) or not texts:
        return unknown
    name, *rest = texts
    words = [known(text) for text in rest]
    program = known(name)
    if program == "cat" and not rest and document is not None:
        return document
    if program in ("which", "command", "type"):
        return _path(words, unknown)
    if program == "seq" and 1 <= len(words) <= 3:
        return _sequence(words, unknown)
    if program == "basename" and rest:
        suffix = words[1] if len(words) > 1 else ""
        if suffix is None or (words[0] or "").startswith("-"):
            return unknown
        return (*map_text(rest[0], lambda text: _base(text, suffix), "$(basename)", line), "\n")
    if program == "dirname" and len(rest) == 1:
        return (*map_text(rest[0], _folder, "$(dirname)", line), "\n")
    return unknown


def _path(words: list[str | None], unknown: Text) -> Text:
    """`command -v qemu-kvm`: a path with that name at its end."""
    names = [word for word in words if word is None or not word.startswith("-")]
    if len(names) != 1 or names[0] is None or not re.fullmatch(r"[\w.+-]+", names[0]):
        return unknown
    return (*unknown, f"/{names[0]}\n")


def _sequence(words: list[str | None], unknown: Text) -> Text:
    if any(word is None or not re.fullmatch(r"-?[0-9]{1,9}", word) for word in words):
        return unknown
    numbers = [int(word or 0) for word in words]
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) == 3 else 1
    last = numbers[-1]
    if step == 0 or abs(last - first) // abs(step) > _MOST:
        return unknown
    found = range(first, last + (1 if step > 0 else -1), step)
    return text_of("".join(f"{number}\n" for number in found))


def _base(path: str, suffix: str) -> str:
    name = path.rstrip("/").rpartition("/")[2] or path[:1]
    return name.removesuffix(suffix) if name != suffix else name


def _folder(path: str) -> str:
    folder, slash, _ = path.rstrip("/").rpartition("/")
    return folder.rstrip("/") or slash or "."


def printf_text(form: Text, arguments: Sequence[Text], line: int) -> Text:
    """What printf makes of its format and its arguments."""
    pattern = known(form)
    unknown: Text = (Hole("what printf writes is not known", line, "printf"),)
    if pattern is None:
        return unknown
    left = list(arguments)
    pieces: list[str | Hole] = []
    while True:
        before = len(left)
        for literal, directive in re.findall(
            r"((?:[^%\\]|\\.|\\$)+)|(%[-0-9.+ #]*[a-zA-Z%])", pattern
        ):
            if literal:
                pieces.append(_unescaped(literal))
            elif directive == "%%":
                pieces.append("%")
            else:
                text = _formatted(directive, left.pop(0) if left else ())
                if text is None:
                    return unknown
                pieces += text  # type: ignore[arg-type]
        if not left or len(left) == before:
            return text_of(pieces)


def _unescaped(text: str) -> str:
    from vnetmgr.qemu_args.shell.ansi import ansi_text

    return ansi_text(text.replace("'", "\\'") + "'", 0)[0]


def _formatted(directive: str, argument: Text) -> Text | None:
    kind, text = directive[-1], known(argument)
    if directive == "%s":
        return argument
    width = re.fullmatch(r"%([-0]*)([0-9]{0,3})[a-zA-Z]", directive)
    if text is None or width is None:
        return None
    if kind == "s":
        size = int(width[2] or 0)
        return (text.ljust(size) if "-" in width[1] else text.rjust(size),)
    if kind in "dixXo" and re.fullmatch(r"-?[0-9]{1,15}|0[xX][0-9a-fA-F]{1,12}|", text):
        octal = re.fullmatch(r"0[0-7]+", text)
        number = int(text or "0", 8 if octal else 0) if text not in ("", "0") else 0
        return (("%" + width[1] + width[2] + kind.replace("i", "d")) % number,)
    return None
