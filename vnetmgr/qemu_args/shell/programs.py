"""Finds the QEMU program in a command: behind sudo, env, nice and the like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Runner(NamedTuple):
    """A program that runs another: its options with a value, and operands before."""

    values: str = ""
    """Short options whose value is the next word."""
    long: tuple[str, ...] = ()
    """Long ones whose value is the next word; with one hyphen, too."""
    operands: int = 0
    not_with: tuple[str, ...] = ()
    """Options with which it runs nothing."""
    behind: tuple[str, ...] = ()
    """Only behind one of these words does the program stand."""


_RUNNERS = {
    "exec": _Runner("a"),
    "sudo": _Runner(
        "ugpCDRTrthU",
        ("--user", "--group", "--prompt", "--chdir", "--chroot", "--host", "--close-from"),
        not_with=("-l", "-v", "-e", "-k", "-K"),
    ),
    "doas": _Runner("uC"),
    "pkexec": _Runner(long=("--user",)),
    "runuser": _Runner("ugG", ("--user", "--group")),
    "setpriv": _Runner(long=("--reuid", "--regid", "--groups", "--inh-caps", "--bounding-set")),
    "capsh": _Runner(behind=("--",)),
    "env": _Runner("uC", ("--unset", "--chdir")),
    "command": _Runner(not_with=("-v", "-V")),
    "builtin": _Runner(),
    "nohup": _Runner(),
    "setsid": _Runner(),
    "time": _Runner("fo", ("--format", "--output")),
    "nice": _Runner("n", ("--adjustment",)),
    "ionice": _Runner("cn", ("--class", "--classdata")),
    "chrt": _Runner("TPD", ("--sched-runtime", "--sched-period", "--sched-deadline"), operands=1),
    "taskset": _Runner(operands=1),
    "numactl": _Runner(
        "iINCmpPSLMf",
        (
            *("--interleave", "--cpunodebind", "--physcpubind", "--membind", "--preferred"),
            *("--cpubind", "--weighted-interleave"),
        ),
    ),
    "prlimit": _Runner("p", ("--pid",)),
    "schedtool": _Runner("apn", behind=("-e",)),
    "cgexec": _Runner("g"),
    "systemd-run": _Runner(
        "pEHMCu", ("--property", "--unit", "--slice", "--setenv", "--uid", "--gid", "--description")
    ),
    "systemd-inhibit": _Runner(long=("--what", "--who", "--why", "--mode")),
    "timeout": _Runner("ks", ("--kill-after", "--signal"), operands=1),
    "stdbuf": _Runner("ioe", ("--input", "--output", "--error")),
    "unbuffer": _Runner(),
    "gdb": _Runner(behind=("--args", "-args")),
    "lldb": _Runner(behind=("--",)),
    "rr": _Runner(behind=("record",)),
    "strace": _Runner("aeIoOpPsSuUbE", ("--trace", "--output", "--env", "--signal")),
    "ltrace": _Runner("aelnopsuwxADF"),
    "perf": _Runner("eopFCgGmcDj", ("--event", "--output", "--freq"), operands=1),
    "valgrind": _Runner(),
    "heaptrack": _Runner("o"),
    "firejail": _Runner(),
    "unshare": _Runner(
        "SGRw", ("--setuid", "--setgid", "--root", "--wd", "--map-user", "--map-group")
    ),
    "nsenter": _Runner("tSG", ("--target", "--setuid", "--setgid")),
    "chroot": _Runner(operands=1),
    "setarch": _Runner(operands=1),
    "linux32": _Runner(),
    "linux64": _Runner(),
    "flock": _Runner("wE", ("--wait", "--timeout"), operands=1),
    "ip": _Runner(operands=1, behind=("exec",)),
    "dbus-run-session": _Runner(behind=("--",)),
    "dbus-launch": _Runner(),
    "vdeq": _Runner(),
    "gamemoderun": _Runner(),
    "prime-run": _Runner(),
    "optirun": _Runner("bc"),
    "primusrun": _Runner(),
    "vblank_mode=0": _Runner(),
    "catchsegv": _Runner(),
    "rlwrap": _Runner("abcefgilmoprsw"),
    "screen": _Runner("cShTtp"),
    "busybox": _Runner(),
    "coproc": _Runner(),
    "!": _Runner(),
}
# They name programs without running them.
_MENTION = frozenset(
    [
        "echo",
        "printf",
        "logger",
        "die",
        "log",
        "warn",
        "warning",
        "error",
        "err",
        "info",
        "msg",
        "say",
        ":",
        "which",
        "type",
        "hash",
        "ls",
        "file",
        "ldd",
        "man",
        "notify-send",
        "zenity",
        "whiptail",
        "dialog",
        "killall",
        "pkill",
        "pgrep",
        "pidof",
        "kill",
        "ps",
        "grep",
        "egrep",
        "fgrep",
        "rg",
        "sed",
        "awk",
        "cat",
        "tee",
        "test",
        "[",
        "[[",
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
        "emerge",
        "rm",
        "cp",
        "mv",
        "ln",
        "chmod",
        "chown",
        "setcap",
        "make",
        "qemu-img",
        "return",
        "exit",
        "export",
        "unset",
    ]
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_INSIDE = re.compile(r"(^|[\s/;&|='\"])(qemu-system-[\w.-]+|qemu-kvm|qemu|kvm)['\"]?\s+-")
_TYPICAL = re.compile(
    r"--?(net|nic|netdev|device|hda|hdb|cdrom|drive|m|smp|cpu|kernel|machine|M|enable-kvm|boot)"
)
_INFORMATION = frozenset(
    word for name in ("version", "help") for word in (f"-{name}", f"--{name}")
) | {"-h"}


_QEMU = re.compile(r"qemu-system-[\w.-]+|qemu-kvm|kvm|qemu")
_OF_PEOPLE = re.compile(r"--?(?:g|G|group|gid|gids|u|user|uid|owner|groups)")
# They run a program with words that come from elsewhere.
_FEEDERS = frozenset({"xargs", "parallel", "watch", "entr", "ssh"})
_FIND = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
# Scripts that start with these and are no QEMU that takes a guest's options.
_NO_SYSTEM = ("qemu-system-common", "qemu-system-data", "qemu-system-gui")


def is_qemu(program: str) -> bool:
    """Whether a program is QEMU, by its name: `/usr/bin/qemu-system-x86_64`, `kvm`."""
    folder, _, name = program.rpartition("/")
    if folder == "/dev":
        return False
    return (bool(_QEMU.fullmatch(name)) or name.startswith("qemu-system-")) and (
        name not in _NO_SYSTEM
    )


SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh", "su", "busybox"})


def runs_qemu(text: str) -> bool:
    """Whether a QEMU command with options stands in a text."""
    return bool(_INSIDE.search(text))


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
    if runner.behind:
        places = [place for place in range(at, len(fields)) if fields[place] in runner.behind]
        return places[0] + 1 + runner.operands if places else None
    while at < len(fields):
        field = fields[at]
        if field is None:
            # An option or a value, if the program is named behind it.
            if not any(each is not None and is_qemu(each) for each in fields[at + 1 :]):
                return at
            at += 1
        elif field in runner.not_with:
            return None
        elif field == "--":
            return at + 1 + runner.operands
        elif field.startswith("-") and field != "-":
            takes_next = (field[1:2] in runner.values and not field.startswith("--")) or (
                field in runner.long
            )
            last = field[-1] if re.fullmatch(r"-[A-Za-z]+", field) else ""
            joined = len(field) > 2 and field[1] in runner.values and field not in runner.long
            at += 2 if (takes_next and not joined) or (last and last in runner.values) else 1
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
        behind = rest[at + 1 :]
        if "qemu-" in field:
            has_options = any(each is None or each.startswith("-") for each in behind)
        else:  # `usermod -aG kvm "$USER"` and `vde_switch -group kvm -daemon` are about a group
            has_options = any(each is not None and each.startswith("-") for each in behind[:1])
            has_options &= not _OF_PEOPLE.fullmatch(rest[at - 1] or "" if at else "")
        if name == "find":
            has_options = at > 0 and rest[at - 1] in _FIND
        has_options |= name in _FEEDERS
        if _INSIDE.search(field) or (is_qemu(field) and has_options):
            what = f"QEMU behind {name!r} is not read: write the QEMU command itself, or give it"
            return Found(doubt=f"{what} after --")
    return Found()
