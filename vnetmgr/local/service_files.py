"""Service files: templates of systemd units and of a cron line, with a command filled in."""

from __future__ import annotations

import re
import shlex
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError, UsageError, VnetError
from vnetmgr.model.record import Record
from vnetmgr.runtime.text_file import read_text
from vnetmgr.runtime.whole_file import refuse_other as refuse_irregular
from vnetmgr.runtime.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
_HOOK_LINE = re.compile(r"^set -- \S.*$", re.MULTILINE)
# Minute, hour, day, month, weekday; the user; the command.
_SERVICE = re.compile(r"^\[Service\]\n(?:(?!\[).*\n)*", re.MULTILINE)
_MARK = "# Written by vnetmgr install-service, and not changed since where this fits: "
_CRON_LINE = re.compile(r"^(?![#\s])(?:[-*/,0-9A-Za-z]+[ \t]+){5}(\S+)[ \t]+\S.*$", re.MULTILINE)


class ServiceFile(Record):
    """A file, and what has to be in it."""

    path: str
    text: str
    before: str | None
    """What is in it; None: there is no such file."""
    runs: bool = False
    """Whether it is a program, in a directory that not every host has yet."""


def systemd_command(argv: Sequence[str]) -> str:
    """A command line as ExecStart= wants it (systemd.service(5), "Command lines").

    Raises UsageError for a program that systemd takes under no quotes.
    """
    program, *arguments = argv
    if any(sign in program for sign in "\\\"'"):
        raise UsageError(f"systemd runs no program called {program}", "install it elsewhere")
    return " ".join(
        (_systemd_word(program), *(_systemd_word(each.replace("$", "$$")) for each in arguments))
    )


def _systemd_word(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%")
    return f'"{escaped}"'


def cron_command(argv: Sequence[str]) -> str:
    """A command line for cron, which hands it to a shell, and makes line breaks of each %.
    Raises UsageError."""
    if any("\\" in word for word in argv):  # what becomes of it differs from cron to cron
        raise UsageError("cron has trouble with a backslash in a name", "use --timer")
    return shlex.join(argv).replace("%", r"\%")


def cron_times(seconds: int) -> str:
    """Minute, hour, day, month and weekday of what happens so often. Raises UsageError."""
    minutes, rest = divmod(seconds, 60)
    hours, odd = divmod(minutes, 60)
    if not rest and minutes and 60 % minutes == 0 and minutes < 60:
        return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"
    if not rest and not odd and hours and 24 % hours == 0:
        every = {1: "*", 24: "0"}.get(hours, f"*/{hours}")
        return f"0 {every} * * *"
    raise UsageError(
        "--every: cron only knows parts of an hour or of a day, like 10m, 2h and 1d",
        "use --timer for any other time",
    )


def fill_unit(text: str, values: dict[str, str]) -> str:
    """A unit with some settings given values. Raises UsageError for one that lacks them."""
    for setting, value in values.items():
        line = re.compile(rf"^{setting}=(?:.*\\\n)*.*$", re.MULTILINE)
        if not line.search(text):
            raise UsageError(f"the template has no line {setting}=", "put one in, or remove it")
        text = line.sub(lambda _, new=f"{setting}={value}": new, text, count=1)  # type: ignore[misc]
    return text


def let_service(text: str, rights: Iterable[tuple[str, str]]) -> str:
    """A unit with settings added at the end of its [Service], where they count, with a path or a
    list of words each. Raises UsageError for a unit that has no such part."""
    lines = [
        f"{setting}={_systemd_word(value) if value.startswith('-') else value}\n"
        for setting, value in rights
    ]
    if not lines:
        return text
    found = _SERVICE.search(text)
    if found is None:
        raise UsageError("the template has no part [Service]", "put one in, or remove it")
    part = f"{found[0].rstrip()}\n\n# For this command.\n{''.join(lines)}"
    rest = text[found.end() :]
    return text[: found.start()] + part + (f"\n{rest}" if rest else "")


def fill_cron(text: str, *, times: str, command: str) -> str:
    """A cron file with its first line filled in. Raises UsageError for one that has none."""
    if not _CRON_LINE.search(text):
        raise UsageError("the template has no line for cron", "like: */10 * * * * root COMMAND")
    return _CRON_LINE.sub(lambda found: f"{times} {found[1]} {command}", text, count=1)


def fill_hook(text: str, command: Sequence[str]) -> str:
    """A hook with the command that it sets off. Raises UsageError for one that has no place."""
    if not _HOOK_LINE.search(text):
        raise UsageError("the template has no line for the command", "like: set -- COMMAND")
    return _HOOK_LINE.sub(lambda _: f"set -- {shlex.join(command)}", text, count=1)


def marked(text: str) -> str:
    """A file with a line, its first but for `#!`, by which it is known again as it was written."""
    first, rest = ("", text) if not text.startswith("#!") else text.split("\n", 1)
    return f"{first}\n" * bool(first) + f"{_MARK}{_digest(text)}\n{rest}"


def is_as_written(text: str) -> bool:
    """Whether `marked` made it, and nobody has changed it since."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines[:2]):
        if line.startswith(_MARK):
            rest = "".join((*lines[:number], *lines[number + 1 :]))
            return line[len(_MARK) :] == f"{_digest(rest)}\n"
    return False


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


def look(path: str, text: str, *, runs: bool = False) -> ServiceFile:
    """A file as it has to be, and as it is. Raises VnetError."""
    try:
        refuse_irregular(Path(path))
        before: str | None = read_text(path)
    except FileNotFoundError:
        before = None
    except OSError as error:
        hint = "remove it, or give another --directory"
        raise VnetError(f"{path}: {error.strerror}", hint) from None
    return ServiceFile(path=path, text=text, before=before, runs=runs)


def refuse_other(files: Sequence[ServiceFile]) -> None:
    """Raise RefusedError for files that somebody has written, or changed."""
    other = [each.path for each in files if each.before not in (None, each.text)]
    if other:
        raise RefusedError(
            f"{', '.join(other)}: there already, and different; nothing was written",
            "look at the difference; --force writes over it",
        )


def refuse_changed(files: Sequence[ServiceFile]) -> None:
    """Raise RefusedError for files that are not as install-service wrote them."""
    other = [each.path for each in files if not is_as_written(each.before or "")]
    if other:
        raise RefusedError(
            f"{', '.join(other)}: not as install-service wrote it; nothing was removed",
            "look at what is in it; --force removes it",
        )


def remove(file: ServiceFile) -> None:
    """Take a file away; one that is gone is as wanted. Raises VnetError."""
    try:
        Path(file.path).unlink(missing_ok=True)
    except OSError as error:
        raise VnetError(f"{file.path} cannot be removed: {error.strerror}", "use sudo") from None


def write(file: ServiceFile) -> None:
    """Write a file as a whole. Raises VnetError."""
    target = Path(file.path)
    try:
        if file.runs:
            target.parent.mkdir(exist_ok=True)
        write_whole(target, file.text, mode=0o755 if file.runs else 0o644)
    except OSError as error:
        hint = "use sudo, or --directory"
        if not target.parent.is_dir():
            hint = f"{target.parent} is missing: give another --directory"
        raise VnetError(f"{file.path} cannot be written: {error.strerror}", hint) from None
