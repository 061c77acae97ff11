"""Programs that do not end, and signals that are not for them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.local import programs
from vnetmgr.local.programs import finds_host
from vnetmgr.runtime.answers import ANSWERS


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is first in PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(programs, "_hangs", {})
    return tmp_path


def script(path: Path, name: str, text: str) -> None:
    (path / name).write_text(f"#!/bin/sh\n{text}\n")
    (path / name).chmod(0o755)


def test_one_that_hangs_is_ended_with_its_children(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(path, "nft", f"sleep 300 & echo $! > {path}/child; wait")
    monkeypatch.setattr(ANSWERS, "timeout_s", 0.5)
    with pytest.raises(VnetError, match=r"nft did not end within 0\.5 s"):
        programs.run("nft", "-j", "list", "ruleset")
    child = int((path / "child").read_text())
    for _ in range(200):
        if not Path(f"/proc/{child}").exists() or _is_dead(child):
            break
        time.sleep(0.05)
    else:
        pytest.fail("its child is still there")


def _is_dead(pid: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def test_it_is_not_waited_for_again_and_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking back what was done would hang in the same way."""
    script(path, "nft", f"echo run >> {path}/runs; sleep 300")
    monkeypatch.setattr(ANSWERS, "timeout_s", 1.0)
    for _ in range(3):
        with pytest.raises(VnetError, match="did not end"):
            programs.run("nft", "x")
    assert (path / "runs").read_text() == "run\n"
    time.sleep(1.1)
    script(path, "nft", "echo well")
    assert programs.run("nft", "x") == "well\n"


def test_it_has_a_process_group_of_its_own(path: Path) -> None:
    """So that a terminal's ^C does not reach it in the middle of a transaction."""
    script(path, "nft", "ps -o pgid= -p $$")
    assert int(programs.run("nft")) != os.getpgrp()


def test_text_is_utf_8_whatever_the_locale_says(path: Path) -> None:
    script(path, "nft", r"cat; printf '\377'")
    assert programs.run("nft", given="名é") == "名é\ufffd"


@pytest.mark.parametrize(
    ("name", "found"),
    [("localhost", True), ("no-such-host.invalid", False), ("--help", False), ("", False)],
)
def test_a_host_that_is_found_or_not(name: str, found: bool) -> None:  # noqa: FBT001
    assert finds_host(name) is found


def test_a_host_where_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert finds_host("localhost") is None
