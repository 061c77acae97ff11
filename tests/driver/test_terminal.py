"""What a person sees: on a terminal tables and colour, and nothing folded."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

URI = "test:///default"
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]m")


def on_terminal(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What vnetmgr writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    plain = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    command = [sys.executable, "-m", "vnetmgr", *arguments, "-c", URI]
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
