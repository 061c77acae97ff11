"""Pages of the manual: what is in a text stays text, and man has nothing to complain of."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from reference.man import man_page, write_man
from tests.unit.cli.help.pages import HOSTILE, page
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.printable import printable

SECTIONS = (
    *("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT"),
    *("EXAMPLES", "SEE ALSO"),
)
REQUEST = re.compile(r"[.'](?:TH|SH|SS|TP|PP|B|I|BR|RS|RE|nf|fi|nh|ad l|ds AD l)\b")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("man")
    write_man(made)
    return made


def formatted(*arguments: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """What man shows, and warns of."""
    # As `man --warnings` calls it.
    command = ("groff", "-mandoc", "-Tutf8", "-ww", "-P-c", "-P-b", "-P-u", *map(str, arguments))
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True)


def test_a_page_for_the_program_and_one_for_each_command(folder: Path) -> None:
    names = {"vnetmgr.1", *(f"vnetmgr-{command}.1" for command in COMMANDS)}
    assert {each.name for each in folder.iterdir()} == names
    for file in folder.iterdir():
        lines = file.read_text(encoding="ascii").splitlines()
        sections = [line.removeprefix(".SH ") for line in lines if line.startswith(".SH ")]
        assert [each for each in sections if each in SECTIONS] == list(SECTIONS)
        assert all(REQUEST.match(line) for line in lines if line.startswith((".", "'")))


def test_man_warns_of_nothing(folder: Path) -> None:
    for file in folder.iterdir():
        assert formatted(file).stderr == ""


def test_every_command_and_option_is_in_the_manual(folder: Path) -> None:
    shown = formatted(folder / "vnetmgr.1").stdout
    assert all(f"vnetmgr-{command}(1)" in shown for command in COMMANDS)
    attach = formatted(folder / "vnetmgr-attach-nic.1").stdout
    assert "--bridge BRIDGE" in attach
    assert "vnetmgr attach-nic vm1 --bridge br0 --wait 30" in attach


def test_what_is_in_a_text_stays_text() -> None:
    source = man_page(page(HOSTILE), version="1", date="2026-01-01")
    assert source.isascii()
    lines = source.splitlines()
    assert all(REQUEST.match(line) for line in lines if line.startswith((".", "'")))
    result = formatted("-", text=source)
    assert result.stderr == ""
    shown = " ".join(result.stdout.split())
    assert " ".join(printable(HOSTILE).replace("`", "`").split()) in shown


def test_the_date_is_that_of_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    write_man(tmp_path)
    assert '.TH "VNETMGR" 1 1970-01-02 ' in (tmp_path / "vnetmgr.1").read_text("ascii")
