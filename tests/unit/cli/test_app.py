"""Help as people meet it: in a pipe, on a terminal, with and without a command."""

from __future__ import annotations

import re

import pytest

from tests.driver.test_cli import ESCAPE, URI, on_a_terminal, run

BOLD = re.compile(r"\x1b\[[01]m")


@pytest.mark.parametrize("columns", ["20", "80", "300"])
def test_a_terminal_has_the_same_as_a_pipe_in_bold_at_most(columns: str) -> None:
    env = {"COLUMNS": columns}
    for words in (("attach-nic", "--help"), ("--help",), ("help",)):
        plain = run(*words, env=env).stdout
        drawn = on_a_terminal(*words, env=env).replace("\r\n", "\n")
        assert ESCAPE in drawn
        assert BOLD.sub("", drawn) == plain
        assert ESCAPE not in plain


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_more_has_plain_text(env: dict[str, str]) -> None:
    assert ESCAPE not in on_a_terminal("list-nics", "--help", env=env)


def test_help_of_a_command_is_its_help() -> None:
    assert run("help", "list-nics").stdout == run("list-nics", "--help").stdout
    assert run("help").stdout == run("--help").stdout == run("-h").stdout
    wrong = run("help", "list-nic")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Did you mean list-nics?" in wrong.stderr


def test_options_may_stand_before_the_command() -> None:
    elsewhere = {"LIBVIRT_DEFAULT_URI": "warp:///x"}
    before = run("-qc", URI, "--output=json", "list-nics", "test", env=elsewhere)
    assert before.returncode == 0
    assert before.stdout == run("list-nics", "test", "--output", "json").stdout
    # The command's own come later, and count.
    assert run("-c", "warp:///x", "list-nics", "-c", URI, env=elsewhere).returncode == 0
    wrong = run("-o", "json", "list-nics", "nosuch")
    assert wrong.returncode == 1
    assert '"kind": "error"' in wrong.stdout
    # A value that is called as a command is no command.
    unknown = run("-o", "json", "-c", "list-nics", "plan", "--nosuch")
    assert '"name": "plan"' in unknown.stdout
    assert "list-nics" not in unknown.stdout


def test_without_a_command_there_is_help_and_no_success() -> None:
    alone = run()
    assert (alone.returncode, alone.stdout) == (2, "")
    assert alone.stderr.rstrip() == run("--help").stdout.rstrip()
    lacking = run("-c", URI, "-o", "json")
    assert lacking.returncode == 2
    assert "Missing command" in lacking.stderr
    assert '"kind": "error"' in lacking.stdout
