"""Finds the QEMU program in a command: behind sudo, env, nice and the like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Runner(NamedTuple):
    """A program that runs another: its short options with a value, and operands before."""

    values: str = ""
    operands: int = 0
    not_with: tuple[str, ...] = ()
    """Options with which it runs nothing."""


_RUNNERS = {
    "exec": _Runner("a"),
    "sudo": _Runner("ugpCDRTrtUh", not_with=("-l", "-v", "-e", "-k", "-K")),
    "doas": _Runner("uC"),
    "env": _Runner("uC"),
    "command": _Runner(not_with=("-v", "-V")),
    "builtin": _Runner(),
    "nohup": _Runner(),
    "setsid": _Runner(),
    "time": _Runner("fo"),
    "nice": _Runner("n"),
    "ionice": _Runner("cn"),
    "chrt": _Runner(operands=1),
    "taskset": _Runner(operands=1),
    "timeout": _Runner("ks", operands=1),
    "stdbuf": _Runner("ioe"),
}
# They name programs without running them.
_MENTION = frozenset(
    {
        *(
            "echo",
            "printf",
            "logger",
            "die",
            "log",
            "warn",
            "info",
            ":",
            "which",
            "type",
            "hash",
            "ls",
            "file",
            "ldd",
            "man",
        ),
        *(
            "killall",
            "pkill",
            "pgrep",
            "pidof",
            "kill",
            "ps",
            "grep",
            "egrep",
            "fgrep",
            "sed",
            "awk",
            "cat",
            "tee",
            "test",
            "[",
            "[[",
        ),
        *(
            "apt",
            "apt-get",
            "aptitude",
            "dpkg",
            "dnf",
            "yum",
            "rpm",
            "pacman",
            "apk",
            "zypper",
            "brew",
        ),
        *("rm", "cp", "mv", "ln", "chmod", "chown", "setcap"),
    }
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_INSIDE = re.compile(r"(^|[\s/;&|='\"])(qemu-system-\w+|qemu-kvm|qemu|kvm)\s+-")
_TYPICAL = re.compile(
    r"--?(net|nic|netdev|device|hda|hdb|cdrom|drive|m|smp|cpu|kernel|machine|M|enable-kvm|boot)"
)
_INFORMATION = frozenset(
    word for name in ("version", "help") for word in (f"-{name}", f"--{name}")
) | {"-h"}


def is_qemu(program: str) -> bool:
    """Whether a program is QEMU, by its name: `/usr/bin/qemu-system-x86_64`, `kvm`."""
    name = program.rpartition("/")[2]
    return name in ("qemu", "qemu-kvm", "kvm") or name.startswith("qemu-system-")


def informs_only(words: Sequence[str]) -> bool:
    """Whether a QEMU command prints its version or help and starts no guest."""
    return any(word in _INFORMATION for word in words[1:])


class Found(NamedTuple):
    """Where QEMU stands in a command, or why that cannot be told; neither: it is another's."""

    at: int | None = None
    doubt: str | None = None


def find_qemu(fields: Sequence[str | None]) -> Found:
    """Look for QEMU in a command whose unknown words are None."""
    at: int | None = 0
    while at is not None and at < len(fields):
        field = fields[at]
        if field is None:
            return _unknown_program(fields[at + 1 :])
        if is_qemu(field):
            return Found(at=at)
        name = field.rpartition("/")[2]
        if name not in _RUNNERS:
            return _other(name, fields[at + 1 :])
        at = _program_behind(_RUNNERS[name], fields, at + 1)
    return Found()


def _program_behind(runner: _Runner, fields: Sequence[str | None], at: int) -> int | None:
    """Where the program stands that a runner runs; None if it runs none."""
    while at < len(fields):
        field = fields[at]
        if field is None:
            return at
        if field in runner.not_with:
            return None
        if field == "--":
            return at + 1 + runner.operands
        if field.startswith("-") and field != "-":
            takes_next = len(field) == 2 and field[1] in runner.values
            at += 2 if takes_next else 1
        elif _ASSIGNMENT.match(field):
            at += 1
        else:
            return at + runner.operands
    return None


def _unknown_program(rest: Sequence[str | None]) -> Found:
    known = [field for field in rest if field is not None]
    looks = any(is_qemu(field) or _TYPICAL.fullmatch(field) for field in known)
    if looks or not known:
        return Found(doubt="which program this runs is not known")
    return Found()


def _other(name: str, rest: Sequence[str | None]) -> Found:
    if name in _MENTION:
        return Found()
    for at, field in enumerate(rest):
        if field is None:
            continue
        following = rest[at + 1 : at + 2]
        has_options = any(each is None or each.startswith("-") for each in following)
        if _INSIDE.search(field) or (is_qemu(field) and has_options):
            return Found(doubt=f"QEMU behind {name!r} is not read: write the QEMU command itself")
    return Found()
