"""The documentation as a site, and the links of the files that are no part of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTSIDE = ("README.md", "CHANGELOG.md")
README_BYTES = 8192


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """A link or an anchor that leads nowhere, a page that is in no menu: mkdocs.yml makes each a
    warning."""
    built = subprocess.run(
        (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in ROOT.glob("docs/**/*.md")}
    assert pages <= {
        path.relative_to(tmp_path).with_suffix("") for path in tmp_path.rglob("*.html")
    }


def test_the_site_asks_nobody_else_for_anything(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", tmp_path)
    subprocess.run(build, cwd=ROOT, check=True)
    for path in tmp_path.rglob("*.html"):
        loaded = re.findall(
            r"<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=\"([^\"]+)", path.read_text()
        )
        assert [each for each in loaded if re.match(r"(?:\w+:)?//", each)] == [], path.name


@pytest.mark.parametrize("name", OUTSIDE)
def test_links_of_a_file_beside_the_site_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    local = [each.partition("#")[0] for each in links if not re.match(r"https?://", each)]
    assert [each for each in local if not (ROOT / each).is_file()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_bytes()) < README_BYTES


def test_the_readme_installs_by_lines_that_are_run_on_bare_systems() -> None:
    """Those of the guide: script/package --lines takes them from there."""
    guide = (ROOT / "docs" / "guides" / "install.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    assert [line for block in blocks for line in block.splitlines() if line not in guide] == []
