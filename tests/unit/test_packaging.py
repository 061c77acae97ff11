"""Templates and the grammar are where the program looks, in a checkout and in a wheel."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_templates_are_the_package_vnetmgr_templates() -> None:
    """By a link: setuptools' package-dir would need every package of ours listed by hand."""
    inside = files("vnetmgr.templates")
    for path in ROOT.glob("templates/*/*"):
        found = inside.joinpath(str(path.relative_to(ROOT / "templates")))
        assert found.read_bytes() == path.read_bytes()


def test_setuptools_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    setuptools = pytest.importorskip("setuptools")
    monkeypatch.chdir(ROOT)
    packages = setuptools.find_namespace_packages(include=["vnetmgr*"])
    kinds = {path.name for path in (ROOT / "templates").iterdir() if path.is_dir()}
    assert {f"vnetmgr.templates.{kind}" for kind in kinds} <= set(packages)
