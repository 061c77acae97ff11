"""systemd's journal is told from whatever else a service's output may be."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import pytest

from vnetmgr.errors import SpecError, VnetError
from vnetmgr.problem import Problem
from vnetmgr.render import console
from vnetmgr.render.blocks import Data
from vnetmgr.runtime.journal import is_journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO


def identity(stream: TextIO) -> str:
    """A stream as systemd names it to the service that it is given to."""
    status = os.fstat(stream.fileno())
    return f"{status.st_dev}:{status.st_ino}"


@contextmanager
def journal(path: Path) -> Iterator[None]:
    """Both outputs are the journal."""
    with (
        path.open("w", encoding="utf-8") as stream,
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(stream),
        redirect_stderr(stream),
    ):
        patch.setenv("JOURNAL_STREAM", identity(stream))
        yield


def test_every_line_says_how_much_it_matters(tmp_path: Path) -> None:
    with journal(tmp_path / "lines"):
        console.happened("nic web/lan: added", "green")
        console.happened("nic web/far: failed", "red")
        console.out("later", "yellow")
        console.out("<0>a name that would be shouted")
        console.told("libvirt answers again")
        console.complain(VnetError("no bridge", "make one"))
        console.complain(SpecError([Problem(None, "no such key"), Problem(None, "nor this")]))
        console.trace("XMLDesc\n<domain>\n</domain>")
    assert (tmp_path / "lines").read_text().splitlines() == [
        *("<5>nic web/lan: added", "<3>nic web/far: failed", "<4>later"),
        "<6><0>a name that would be shouted",
        "<6>libvirt answers again",
        *("<3>no bridge", "<3>  hint: make one"),
        *("<3>no such key", "<3>nor this"),
        *("<7>XMLDesc", "<7><domain>", "<7></domain>"),
    ]


def test_documents_are_as_they_are(tmp_path: Path) -> None:
    with journal(tmp_path / "lines"):
        console.out_next_data(Data({"a": 1}))
        console.out_lines("# HELP x\nx 1")
    assert (tmp_path / "lines").read_text().splitlines() == ['{"a": 1}', "# HELP x", "x 1"]


def test_what_took_the_journals_place_is_not_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "a").open("w") as given, (tmp_path / "b").open("w") as other:
        monkeypatch.setenv("JOURNAL_STREAM", identity(given))
        assert is_journal(given)
        assert not is_journal(other)
    assert not is_journal(given)  # closed
    assert not is_journal(io.StringIO())
    for nonsense in ("", ":", "1"):
        monkeypatch.setenv("JOURNAL_STREAM", nonsense)
        with (tmp_path / "a").open("w") as stream:
            assert not is_journal(stream)
