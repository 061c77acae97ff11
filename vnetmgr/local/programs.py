"""Programs of this machine that do one job: nft, iptables, getent."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.runtime.answers import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGES = {
    "nft": "nftables",
    "ip": "iproute2",
    "bridge": "iproute2",
    **dict.fromkeys(("iptables", "ip6tables"), "iptables"),
    **dict.fromkeys(("iptables-legacy-save", "ip6tables-legacy-save"), "iptables"),
    **dict.fromkeys(("iptables-nft-save", "ip6tables-nft-save", "ebtables-nft-save"), "iptables"),
    "ovs-vsctl": "openvswitch-switch",
    "dot": "graphviz",
}
_hangs: dict[str, float] = {}
"""Program -> when it last did not end. The next call would wait as long, and so would each that
takes something back: until it has had as much time again, it is not run."""


def run(program: str, *arguments: str, given: str = "") -> str:
    """A program's standard output. Raises VnetError with what it complains of."""
    done = attempt((program, *arguments), given=given)
    if done.returncode == -signal.SIGALRM:  # by its own --timeout, as ovs-vsctl has one
        raise VnetError(f"{program}: there is no answer", "does what it asks run, or hang?")
    if done.returncode:
        raise VnetError(
            f"{program}: {_complaint(done.stderr) or f'exit code {done.returncode}'}",
            "run as root" if os.geteuid() else None,
        )
    return done.stdout


def attempt(command: Sequence[str], *, given: str = "") -> subprocess.CompletedProcess[str]:
    """The same, whatever its exit code. Raises VnetError where it cannot be run at all, and where
    it does not end."""
    program, timeout_s = command[0], ANSWERS.timeout_s or None
    if timeout_s and monotonic() < _hangs.get(program, -timeout_s) + timeout_s:
        raise _does_not_end(program, timeout_s)
    question = ANSWERS.ask(lambda: " ".join(command), ends_by_itself=True)
    try:
        return _communicate(command, given, timeout_s)
    except FileNotFoundError:
        package = _PACKAGES.get(program, program)
        hint = f"install it: apt install {package}, or your distribution's {package}"
        raise VnetError(f"the program {program} is not there", hint) from None
    except OSError as error:  # too few descriptors or processes are left
        raise VnetError(f"the program {program} cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired as late:
        _hangs[program] = monotonic()
        raise _does_not_end(program, late.timeout) from None
    finally:
        ANSWERS.answered(question)


def unreadable(program: str) -> VnetError:
    """That it says nothing that any version of it is known to say."""
    return VnetError(f"{program} answered in no way that can be read")


def finds_host(name: str) -> bool | None:
    """Whether this machine finds an address of a host, be it in /etc/hosts or DNS; None where
    nobody can be asked. A program ends when no DNS server answers; a call does not."""
    try:
        return attempt(("getent", "--", "ahosts", name)).returncode == 0
    except VnetError:
        return None


def _communicate(
    command: Sequence[str], given: str, timeout_s: float | None
) -> subprocess.CompletedProcess[str]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "LC_ALL": "C"},
        # A terminal's ^C is for vnetmgr, which waits for what is half done.
        process_group=0,
    )
    try:
        out, said = process.communicate(given, timeout=timeout_s)
    except BaseException:
        _kill(process)
        raise
    return subprocess.CompletedProcess(command, process.returncode, out, said)


def _kill(process: subprocess.Popen[str]) -> None:
    """End it with its children. One that is inside the kernel ends later, by itself: nobody waits
    for that."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)


def _does_not_end(program: str, timeout_s: float) -> VnetError:
    return VnetError(
        f"{program} did not end within {timeout_s:g} s",
        f"does another program hold up the kernel's rules? see `ps -C {program}`; "
        "--timeout TIME waits longer",
    )


def _complaint(text: str) -> str:
    """What it says, in one line, without the places that nft points at."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and set(line) - set("^ ~")]
    return "; ".join(dict.fromkeys(lines))[:500]
