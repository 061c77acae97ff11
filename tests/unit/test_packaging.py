"""Templates and the grammar are where the program looks, in a checkout and in a wheel; and what
Debian's package says of the program is so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from vnetmgr import __version__

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


def debian(name: str) -> str:
    return (ROOT / "debian" / name).read_text()


def test_the_package_is_of_this_version() -> None:
    assert debian("changelog").startswith(f"vnetmgr ({__version__}-")


def test_the_package_asks_for_what_the_program_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needs = dict(each.split(">=") for each in project["project"]["dependencies"])
    built_with = debian("control").partition("Standards-Version")[0]
    rules = debian("rules")
    for name, package in (
        ("libvirt-python", "python3-libvirt"),
        ("lxml", "python3-lxml"),
        ("prometheus-client", "python3-prometheus-client"),
        ("PyYAML", "python3-yaml"),
        ("rich", "python3-rich"),
    ):
        assert f" {package} (>= {needs[name]})," in built_with
    assert f"ge {needs['typer']} " in rules
    assert f"python3-typer (>= {needs['typer']})" in rules
    assert project["build-system"]["requires"] == ["setuptools>=66.1"]
    assert " python3-setuptools (>= 66.1)," in built_with


def test_the_package_has_all_units() -> None:
    units = re.findall(r"^UNITS := (.*)$", debian("rules"), re.MULTILINE)[0].split()
    assert sorted(units) == sorted(
        path.name
        for path in (ROOT / "templates/system").iterdir()
        if path.suffix in (".service", ".timer")
    )


def test_a_typer_that_a_package_carries_comes_first_and_for_vnetmgr_alone(tmp_path: Path) -> None:
    def typers() -> list[str]:
        """Which typer is imported without vnetmgr, and which with it."""
        return [
            subprocess.run(
                [sys.executable, "-c", f"{first}import typer; print(typer.__file__)"],
                cwd=tmp_path,
                check=True,
                capture_output=True,
                text=True,
            ).stdout.strip()
            for first in ("", "import vnetmgr.cli; ")
        ]

    cli = tmp_path / "vnetmgr/cli"
    cli.mkdir(parents=True)
    (tmp_path / "vnetmgr/__init__.py").touch()
    shutil.copy(ROOT / "vnetmgr/cli/__init__.py", cli)
    alone, with_us = typers()
    assert with_us == alone
    carried = tmp_path / "vnetmgr/_vendor/typer.py"
    carried.parent.mkdir()
    carried.touch()
    assert typers() == [alone, str(carried)]
