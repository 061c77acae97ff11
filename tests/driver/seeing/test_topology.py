"""topology on libvirt's test driver: its forms, and where they go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def topology(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Draw the host that `test:///default` is."""
    return subprocess.run(
        [sys.executable, "-m", "vnetmgr", "topology", "-c", "test:///default", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
    )


@pytest.mark.parametrize("form", ["text", "json", "dot", "html"])
def test_a_file_has_what_would_be_printed(form: str, tmp_path: Path) -> None:
    printed = topology("-o", form)
    file = tmp_path / "picture"
    written = topology("-o", form, "--file", str(file))
    assert (printed.returncode, written.returncode) == (0, 0)
    text = file.read_text()
    assert text.startswith(printed.stdout.rstrip("\n"))
    assert written.stdout == (printed.stdout if form == "json" else "")


@pytest.mark.parametrize(("form", "code"), [("svg", 1), ("dot", 0), ("html", 0), ("text", 0)])
def test_without_graphviz_the_other_forms_are_there(form: str, code: int) -> None:
    drawn = topology("-o", form, PATH="/nowhere")
    assert drawn.returncode == code
    assert ("apt install graphviz" in drawn.stderr) is (form == "svg")


def test_a_page_fits_into_any_locale() -> None:
    assert topology("-o", "html", PYTHONIOENCODING="ascii").stdout.isascii()


def test_standard_output_as_the_file_gets_one_document() -> None:
    written = topology("-o", "json", "--file", "/dev/stdout")
    assert json.loads(written.stdout)["kind"] == "topology"


def test_a_file_that_cannot_be_written_is_refused_first() -> None:
    refused = topology("--file", "/nowhere/at/all")
    assert refused.returncode == 2
    assert "/nowhere/at/all cannot be written" in refused.stderr
