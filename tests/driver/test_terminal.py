"""What a person sees: on a terminal tables and colour, and nothing folded."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from vnetmgr.render.width import width

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

URI = "test:///default"
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]m")


def on_terminal(*arguments: str, env: Mapping[str, str] | None = None, uri: str = URI) -> str:
    """What vnetmgr writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    plain = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    command = [sys.executable, "-m", "vnetmgr", *arguments, "-c", uri]
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**plain, "TERM": "xterm", "COLUMNS": "80", **(env or {})},
    ):
        os.close(theirs)
        printed = bytearray()
        try:
            while chunk := os.read(ours, 4096):
                printed += chunk
        except OSError:  # EIO: the other end is closed
            pass
    os.close(ours)
    return printed.decode()


def test_a_table_keeps_its_words_whole_in_a_narrow_terminal() -> None:
    printed = on_terminal("list-nics")
    assert "aa:bb:cc:dd:ee:ff" in printed
    assert "─" in printed


def test_columns_go_where_there_is_no_room_and_nothing_is_folded() -> None:
    printed = COLOUR.sub("", on_terminal("list-nics", env={"COLUMNS": "50"}))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", printed).replace("\r", "").split("\n")
    assert all(len(line) <= 50 for line in lines if "left out" not in line)
    assert "STATE" in printed
    assert "MODEL" not in printed.partition("left out")[0]
    assert "left out, as the terminal is narrow: MODEL, TARGET" in printed
    assert "left out" not in on_terminal("list-nics", env={"COLUMNS": "200"})


def test_wide_characters_are_counted_where_columns_are_cut(tmp_path: Path) -> None:
    name = "名前" * 8 + "e\u0301" * 4
    nic = "<interface type='bridge'><source bridge='br0'/></interface>"
    (tmp_path / "node.xml").write_text(
        f"<node><domain type='test'><name>{name}</name><memory>1</memory><os><type>hvm</type></os>"
        f"<devices>{nic}</devices></domain></node>"
    )
    for columns in (30, 60, 100):
        env = {"COLUMNS": str(columns), "NO_COLOR": "1"}
        printed = on_terminal("list-nics", "-q", env=env, uri=f"test://{tmp_path / 'node.xml'}")
        lines = re.sub(r"\x1b\[[0-9;]*m", "", printed).replace("\r", "").splitlines()
        assert any("名" in line for line in lines)
        assert max(map(width, lines)) <= columns


QUIET = {
    "attach-nic test --bridge br0": "",
    "attach-nic nobody --bridge br0": "vnetmgr: there is no domain nobody on test:///default",
    "attach-nic test --bridge br0 --dry-run": "+ nic test/nic0 (config) [next-start]",
    "list-networks": "NAME     MODE  BRIDGE  STATE    SUBNETS           NICS",
    "list-leases": "no leases and no reservations on test:///default",
}


@pytest.mark.parametrize("words", QUIET)
def test_quiet(words: str) -> None:
    command = [sys.executable, "-m", "vnetmgr", *words.split(), "-q", "-c", URI]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.stdout + run.stderr).partition("\n")[0] == QUIET[words]


def test_a_plan_is_coloured_unless_nobody_wants_it() -> None:
    plan = ("attach-nic", "test", "--bridge", "br0", "--dry-run")
    assert COLOUR.search(on_terminal(*plan))
    assert not COLOUR.search(on_terminal(*plan, env={"NO_COLOR": "1"}))


def test_an_error_is_coloured_unless_nobody_wants_it() -> None:
    wrong = ("attach-nic", "nosuch", "--bridge", "br0")
    assert COLOUR.search(on_terminal(*wrong))
    assert not COLOUR.search(on_terminal(*wrong, env={"NO_COLOR": "1"}))


def test_a_mistyped_command_is_guessed() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "vnetmgr", "atach-nic"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "Did you mean attach-nic?" in result.stderr
