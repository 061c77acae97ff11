"""A probe on each place where guests' ports are: made, asked, and gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.probe.child import PLUGGED, READY
from vnetmgr.local.probe.port import (
    check_place,
    plug_probe,
    port_name,
    wait_forwarding,
    wait_unplugged,
)
from vnetmgr.model.path.codec import from_json, to_json
from vnetmgr.model.path.probe import ProbeFacts, ProbePlace
from vnetmgr.model.record import Record
from vnetmgr.runtime.answers import next_of
from vnetmgr.runtime.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Address

_PATIENCE_S = 45.0
"""Much more than all that a probe waits for."""
_AT_ONCE = 8
_ROOT = Path(__file__).parents[3]
_CHILD = """\
import sys
sys.path.append(sys.argv[2])  # where it is run without being installed
from vnetmgr.local.probe.child import main
main()
"""


class Questions(Record):
    """What one probe is to find out, beside DHCP servers and IPv6 routers."""

    place: ProbePlace
    addresses: tuple[IPv4Address, ...] = ()
    """Who has them: the guests' that stand there, the gateway's."""
    endpoints: tuple[tuple[IPv4Address, int], ...] = ()
    """Where to connect to; without any, HTTPS where DNS knows somebody."""


def probe_all(asked: Sequence[Questions]) -> tuple[ProbeFacts, ...]:
    """What the probes saw, in the order of the questions; side by side, one for each bridge.
    Raises nothing: a probe that cannot be made says why."""
    bridges = sorted({each.place.bridge for each in asked})

    def work(bridge: str) -> list[tuple[int, ProbeFacts]]:
        here = [(at, each) for at, each in enumerate(asked) if each.place.bridge == bridge]
        return [(at, probe(each)) for at, each in here]

    pool = Pool(work, bridges, threads=_AT_ONCE)
    found: dict[int, ProbeFacts] = {}
    for _ in bridges:
        _, seen, error = next_of(pool.done)
        if seen is None:
            raise error or AssertionError
        found.update(seen)
    return tuple(found[at] for at in range(len(asked)))


def probe(questions: Questions) -> ProbeFacts:
    """What one probe saw. Raises nothing."""
    try:
        if os.geteuid():
            raise VnetError("a probe needs root")
        check_place(questions.place)
        return _stand(questions)
    except VnetError as error:
        return ProbeFacts(place=questions.place, problem=error.message)


def _stand(questions: Questions) -> ProbeFacts:
    place, name = questions.place, port_name(questions.place.bridge)
    try:
        with _child() as child:
            plug_probe(place, name, child.pid)
            _tell(child, PLUGGED)
            wait_forwarding(place, name)
            return _answer(child, questions)
    finally:
        wait_unplugged(name)


@contextmanager
def _child() -> Iterator[subprocess.Popen[str]]:
    """It ends with this block; where this process is killed, and where the thread ends that has
    started it, the kernel kills it."""
    # -P: root may stand in somebody's directory, with modules of his.
    command = [sys.executable, "-P", "-c", _CHILD, str(os.getpid()), str(_ROOT)]
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        command,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        encoding="utf-8",
        errors="replace",
        process_group=0,
    )
    try:
        if child.stdout is None or child.stdout.readline() != READY:
            said = child.stderr.read() if child.stderr is not None else ""
            raise VnetError(f"no probe can be made: {_last_line(said)}")
        yield child
    finally:
        child.kill()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        child.wait()


def _answer(child: subprocess.Popen[str], questions: Questions) -> ProbeFacts:
    asked = {
        "place": to_json(questions.place),
        "addresses": [str(each) for each in questions.addresses],
        "endpoints": [[str(address), port] for address, port in questions.endpoints],
    }
    try:
        out, said = child.communicate(json.dumps(asked) + "\n", timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise VnetError(f"the probe did not end within {_PATIENCE_S:g} s") from None
    if child.returncode:
        raise VnetError(f"the probe did not come to its end: {_last_line(said)}")
    return from_json(ProbeFacts, json.loads(out))


def _tell(child: subprocess.Popen[str], line: str) -> None:
    if child.stdin is not None:
        with suppress(OSError):  # it has been killed: its answer will be missing
            child.stdin.write(line)
            child.stdin.flush()


def _last_line(said: str) -> str:
    return next(reversed(said.splitlines()), "it was killed")
