"""A process whose standard input belongs to another vnetmgr."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

CHILD = """
import json, os, sys, time
from vnetmgr.runtime import interrupts, session
interrupts.install()
session.SILENT_S = float(sys.argv[1])
try:
    begun = session.Session.begin("1.2")
    print(json.dumps(begun.given), flush=True)
    begun.heard_by(lambda line: print(json.dumps(line), flush=True))
    print(repr(sys.stdin.read()), flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("ended", flush=True)
except ValueError as error:
    print(f"wrong: {error}", flush=True)
"""


class Child:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    def says(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def says_beside(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.readline()


@contextmanager
def child(silent_s: float = 60) -> Iterator[Child]:
    command = [sys.executable, "-c", CHILD, str(silent_s)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        begun = Child(process)
        assert json.loads(begun.says()) == {"kind": "session", "version": 1, "vnetmgr": "1.2"}
        yield begun
        begun.end()


def test_it_is_told_lines_and_ends_with_them() -> None:
    with child() as begun:
        begun.tell('\n{"files": []}\n{"more')
        assert begun.says() == '{"files": []}'
        assert begun.says() == "''"  # nothing else reads what is the other's
        begun.tell('": 1}\n\n{"more": 2}\n')
        assert [begun.says(), begun.says()] == ['{"more": 1}', '{"more": 2}']
        begun.end()
        assert begun.says() == "ended"


def test_a_sign_of_life_is_answered_with_one() -> None:
    with child() as begun:
        begun.tell("{}\n")
        assert begun.says() == "{}"
        for _ in range(2):
            begun.tell("\n")
            assert begun.says_beside() == "\n"


def test_it_ends_before_it_has_begun() -> None:
    with child() as begun:
        begun.end()
        assert begun.says() == "ended"


@pytest.mark.parametrize("given", ["", "{}\n"])
def test_who_says_nothing_any_more_has_gone(given: str) -> None:
    with child(0.1) as begun:
        begun.tell(given)
        assert "ended" in iter(begun.says, "")


@pytest.mark.parametrize("given", ["[]\n", "hello\n", "[" * 100_000 + "\n"])
def test_what_is_no_object_is_refused(given: str) -> None:
    with child() as begun:
        begun.tell(given)
        assert begun.says().startswith("wrong: ")


def test_a_later_line_that_makes_no_sense_is_the_end() -> None:
    with child() as begun:
        begun.tell("{}\n")
        assert begun.says() == "{}"
        assert begun.says() == "''"
        begun.tell("what?\n")
        assert begun.says() == "ended"
