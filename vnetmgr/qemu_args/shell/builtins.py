"""The shell's own commands that change what is known, or which way a script goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.conditions import test_words
from vnetmgr.qemu_args.shell.documents import looks_like_qemu
from vnetmgr.qemu_args.shell.outputs import printf_text
from vnetmgr.qemu_args.shell.syntax import Assignment, Literal, Substitution, Word
from vnetmgr.qemu_args.shell.values import Array, Hole, Many, Map, Problem, known, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.qemu_args.shell.commands import SimpleCommands
    from vnetmgr.qemu_args.shell.expand import Field
    from vnetmgr.qemu_args.shell.syntax import Simple
    from vnetmgr.qemu_args.shell.values import Text

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")


def _words(fields: Sequence[Field]) -> list[str | None]:
    """The words behind a command's name; None: not known."""
    return [None if isinstance(field.value, Many) else known(field.value) for field in fields[1:]]


def _texts(fields: Sequence[Field]) -> list[Text]:
    return [field.value for field in fields if not isinstance(field.value, Many)]


def _true(_run: SimpleCommands, _command: Simple, _fields: list[Field]) -> bool | None:
    return True


def _false(_run: SimpleCommands, _command: Simple, _fields: list[Field]) -> bool | None:
    return False


def _test(_run: SimpleCommands, _command: Simple, fields: list[Field]) -> bool | None:
    values = [field.value for field in fields[1:]]
    if _words(fields[:1] + fields)[0] == "[":
        if not values or isinstance(values[-1], Many) or known(values[-1]) != "]":
            return None
        values = values[:-1]
    return test_words(values)


def _exit(run: SimpleCommands, _command: Simple, _fields: list[Field]) -> bool | None:
    run.state.dead = True
    return None


def _return(run: SimpleCommands, _command: Simple, _fields: list[Field]) -> bool | None:
    if run.returns:
        run.returns[-1].append(run.state.copy())
    run.state.dead = True
    return None


def _leave(run: SimpleCommands, _command: Simple, fields: list[Field]) -> bool | None:
    """`break` and `continue`."""
    if not run.loops:
        return None
    depth = (_words(fields) or ["1"])[0] or "1"
    level = min(int(depth), len(run.loops)) if depth.isdecimal() and int(depth[:4]) else 1
    exits = run.loops[-level]
    stops = known(_texts(fields)[0]) == "break"
    (exits.stops if stops else exits.turns).append(run.state.copy())
    run.state.dead = True
    return None


def _shift(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    arguments = run.state.arguments
    count = (_words(fields) or ["1"])[0]
    if not arguments:
        return None if arguments is None else False
    number = int(count) if count is not None and count.isdecimal() else None
    if number is not None and not any(isinstance(i, Many) for i in arguments[:number]):
        run.state.arguments = arguments[number:] if number <= len(arguments) else arguments
        return number <= len(arguments)
    first = arguments[0]
    if number is not None and isinstance(first, Many) and first.left_out:
        return None
    why = f"$@ is shifted in line {command.line}"
    run.state.arguments = (Many(why, command.line, "$@"),)
    return None


def _set(run: SimpleCommands, _command: Simple, fields: list[Field]) -> bool | None:
    words = _words(fields)
    if "--" in words:
        start = words.index("--") + 1
    elif not words or (words[0] or "").startswith(("-", "+")):
        return True  # set -e and the like
    else:
        start = 0
    run.state.arguments = tuple(field.value for field in fields[1 + start :])
    return True


def _unset(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    functions = False
    for word in _words(fields):
        if word in ("-f", "-v", "-n"):
            functions = word == "-f"
        elif word is None:
            run.state.source(_elsewhere("unset", command))
        elif functions:
            run.state.functions.pop(word, None)
        elif _NAME.fullmatch(word):
            run.state.put(word, None)
        elif match := _NAME.match(word):
            why = f"${{{match[0]}[@]}} loses some of it in line {command.line}"
            run.state.put(match[0], Array((Many(why, command.line, f"${{{match[0]}[@]}}"),)))
    return True


def _declare(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    name = (_words([fields[0], *fields]) or [""])[0]
    flags = "".join(word[1:] for word in _words(fields) if word and word[:1] in "-+")
    if "f" in flags or "F" in flags or "p" in flags:
        return None
    local = name == "local" or (name in ("declare", "typeset") and "g" not in flags)
    for word in command.words[1:]:
        if isinstance(word, Assignment):
            _declare_one(run, word, flags, local=local)
    for text in _texts(fields[1:]):
        _declare_text(
            run, text, flags, command, local=local, sets=name not in ("export", "readonly")
        )
    return True


def _declare_one(run: SimpleCommands, word: Assignment, flags: str, *, local: bool) -> None:
    if "n" in flags and isinstance(word.value, Word):
        target = known(run.expander.text(word.value))
        if target and _NAME.fullmatch(target) and target != word.name:
            run.state.references[word.name] = target
        else:
            run.state.source(Hole(f"may be set through {word.name}, a reference", word.line))
        return
    value = word
    if local and word.name not in run.state.references:
        # The value is what the name had before: `local X=$X`.
        text = run.expander.text(word.value) if isinstance(word.value, Word) else None
        run.state.make_local(word.name)
        if not word.append and word.place is None:
            if text is not None and "i" not in flags:
                run.state.put(word.name, text)
                return
            if text is None:
                run.assign(word, is_map="A" in flags)
                return
    if "i" in flags and isinstance(word.value, Word):
        run.state.put(word.name, run.expander.calculated(word.value, "$((...))"))
    else:
        run.assign(value, is_map="A" in flags)


def _declare_text(
    run: SimpleCommands, text: Text, flags: str, command: Simple, *, local: bool, sets: bool
) -> None:
    whole = known(text)
    first = text[0] if text and isinstance(text[0], str) else ""
    match = _ASSIGNED.match(first)
    if match:
        if local:
            run.state.make_local(match[1])
        old = (run.state.scalar(match[1]) or ()) if match[2] else ()
        run.state.put(match[1], text_of((*old, first[match.end() :], *text[1:])))
    elif whole is None:
        run.state.source(_elsewhere("declare", command))
    elif _NAME.fullmatch(whole) and sets:
        if local:
            run.state.make_local(whole)
        if "A" in flags:
            run.state.put(whole, Map(()))
        elif "a" in flags or (local and run.state.frames):
            old_value = run.state.get(whole)
            keep = isinstance(old_value, Array) and not run.state.frames
            if not keep:
                run.state.put(whole, Array(()) if "a" in flags else None)


def _read(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    name = (_words([fields[0], *fields]) or [""])[0] or "read"
    names, list_name, whole = _read_words(name, _words(fields))
    why = f"is set by {name!r} in line {command.line}"
    if list_name and _NAME.fullmatch(list_name):
        shown = f"${{{list_name}[@]}}"
        run.state.put(list_name, Array((Many(f"{shown} {why}", command.line, shown),)))
    for each in names if names or list_name else ["REPLY"]:
        if each is None:
            run.state.source(_elsewhere(name, command))
        elif _NAME.fullmatch(each):
            run.state.forget(each, why, command.line)
    document = run.document_text(command) if whole and len(names) == 1 else None
    text = known(document) if document is not None else None
    if text is not None and names[0]:
        run.state.put(names[0], text_of((text.strip(" \t\n"),)))
    return None


def _read_words(name: str, words: list[str | None]) -> tuple[list[str | None], str | None, bool]:
    """The variables that `read` or `mapfile` sets, the array, and whether it reads to the end."""
    names: list[str | None] = []
    list_name, whole, at = None, False, 0
    with_value = "dnNptuia" if name == "read" else "dnOsuCc"
    while at < len(words):
        word = words[at]
        at += 1
        if not (word and word.startswith("-") and len(word) > 1):
            names.append(word)
        elif word[-1] in with_value:
            value = words[at] if at < len(words) else None
            whole = whole or (word[-1] == "d" and value == "")
            list_name = value if word[-1] == "a" else list_name
            at += 1
    if name != "read":
        return [], (names or ["MAPFILE"])[0], whole
    return names, list_name, whole


def _getopts(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    for name in (*_words(fields)[1:2], "OPTARG", "OPTIND"):
        if name and _NAME.fullmatch(name):
            run.state.forget(name, f"is set by 'getopts' in line {command.line}", command.line)
    return None


def _let(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    number: int | None = 0
    for field in fields[1:]:
        text = None if isinstance(field.value, Many) else known(field.value)
        if text is None:
            run.state.source(_elsewhere("let", command))
            return None
        number = run.expander.calculate(Word((Literal(text, field.line),), field.line))
    return None if number is None else number != 0


def _shown(fields: Sequence[Field]) -> str:
    """Words side by side, with a sign for what is not known."""
    words = [field.value if not isinstance(field.value, Many) else ("$",) for field in fields]
    return " ".join("".join(p if isinstance(p, str) else "$" for p in word) for word in words)


def _echo(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    if not run.captures:
        run.says(_shown(fields[1:]), command)
        return True
    texts: list[Text] = []
    for field in fields[1:]:
        if isinstance(field.value, Many):
            why = "what echo writes is not known"
            texts.append((Hole(why, field.line, field.value.shown),))
        else:
            texts.append(field.value)
    end = "\n"
    while texts and re.fullmatch(r"-[neE]+", known(texts[0]) or ""):
        option = known(texts.pop(0)) or ""
        end = "" if "n" in option else end
        if "e" in option and any("\\" in str(piece) for text in texts for piece in text):
            texts = [(Hole("what echo -e writes is not followed", command.line, "$(echo)"),)]
    pieces = [piece for number, text in enumerate(texts) for piece in (" " * bool(number), *text)]
    run.state.output = text_of((*run.state.output, *pieces, end))
    return True


def _printf(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    words = _words(fields)
    rest = fields[1:]
    name = None
    if words[:1] == ["-v"] and len(words) > 1:
        name, rest = words[1], fields[3:]
        if name is None or not _NAME.match(name):
            run.state.source(_elsewhere("printf", command))
            return None
    if rest and known(_texts(rest[:1])[0] if _texts(rest[:1]) else ()) == "--":
        rest = rest[1:]
    texts = _texts(rest)
    if len(texts) == len(rest) and texts:
        text = printf_text(texts[0], texts[1:], command.line)
    else:
        text = (Hole("what printf writes is not known", command.line, "printf"),)
    if name is not None:
        match = _NAME.match(name)
        unknown = any(isinstance(piece, Hole) and piece.shown == "printf" for piece in text)
        if match and (unknown or match[0] != name):
            run.state.forget(match[0], f"is set by 'printf' in line {command.line}", command.line)
        else:
            run.state.put(name, text)
    elif run.captures:
        run.state.output = text_of((*run.state.output, *text))
    else:
        run.says(_shown(rest), command)
    return True


def _elsewhere(name: str, command: Simple) -> Hole:
    return Hole(f"may be set by {name!r} in line {command.line}", command.line)


def _source(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    """Another file: whatever it sets is not known here."""
    name = (_words([fields[0], *fields]) or ["."])[0] or "."
    run.state.source(Hole(f"it may be set by {name!r} in line {command.line}", command.line))
    what = f"the file that {name!r} reads is not read here: QEMU commands in it are not among these"
    run.notes.append(Problem(command.line, what))
    return None


def _eval(run: SimpleCommands, command: Simple, fields: list[Field]) -> bool | None:
    pieces = [
        piece
        for number, field in enumerate(fields[1:])
        for piece in (
            " " * bool(number),
            *((Hole("", 0),) if isinstance(field.value, Many) else field.value),
        )
    ]
    text = text_of(pieces)
    first = text[0] if text and isinstance(text[0], str) else ""
    shown = "".join(
        piece if isinstance(piece, str) else "$" for piece in text if not isinstance(piece, Problem)
    )
    if re.match(r"\s*set\s+--", first) and not looks_like_qemu(shown):
        why = f"$@ is set by 'eval' in line {command.line}"
        if run.state.arguments is not None:
            run.state.arguments = (Many(why, command.line, "$@"),)
        return None
    match = re.match(r"\s*(?:local\s+|export\s+)?([A-Za-z_]\w*)(?:\[[^]]*\])?\+?=", first)
    if match and not looks_like_qemu(shown):
        run.state.forget(match[1], f"is set by 'eval' in line {command.line}", command.line)
        return None
    substituted = all(
        isinstance(part, Substitution)
        for word in command.words[1:]
        if isinstance(word, Word)
        for part in word.parts
    )
    if looks_like_qemu(shown) or (known(text) is None and not substituted):
        what = (
            "what 'eval' runs is not read: write the command itself, or give it after -- as bash "
            "-x shows it"
        )
        run.problems.append(Problem(command.line, what))
    run.state.source(Hole(f"it may be set by 'eval' in line {command.line}", command.line))
    return None


BUILTINS: dict[str, Callable[[SimpleCommands, Simple, list[Field]], bool | None]] = {
    **dict.fromkeys(("true", ":"), _true),
    "false": _false,
    **dict.fromkeys(("[", "test"), _test),
    "exit": _exit,
    "return": _return,
    **dict.fromkeys(("break", "continue"), _leave),
    "shift": _shift,
    "set": _set,
    "unset": _unset,
    **dict.fromkeys(("declare", "typeset", "local", "export", "readonly"), _declare),
    **dict.fromkeys(("read", "mapfile", "readarray"), _read),
    "getopts": _getopts,
    "let": _let,
    "echo": _echo,
    "printf": _printf,
    **dict.fromkeys((".", "source"), _source),
    "eval": _eval,
}
