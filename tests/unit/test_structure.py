"""Where things are, and who may import what."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "vnetmgr"
TESTS = ROOT / "tests" / "unit"
FOLDERS = [path.parent for path in PACKAGE.glob("**/__init__.py")]
TESTS_FOLDERS = [path.parent for path in (ROOT / "tests").glob("**/__init__.py")]
# Tests of the repository as a whole.
OF_ALL = {
    "test_benchmarks.py",
    "test_packaging.py",
    "test_prose.py",
    "test_structure.py",
    "test_stub.py",
}


def modules(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.py")} - {"__init__"}


def test_a_folder_can_be_looked_over() -> None:
    counts = {folder: len(modules(folder)) for folder in (*FOLDERS, *TESTS_FOLDERS)}
    assert {folder: count for folder, count in counts.items() if count > 24} == {}
    assert len(modules(PACKAGE)) <= 6


def test_a_module_can_be_read_and_a_function_seen_at_once() -> None:
    """Commands' options stand in their signatures; their bodies are tested with them."""
    for path in PACKAGE.glob("**/*.py"):
        text = path.read_text()
        assert text.count("\n") <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and path.parent.name != "commands":
                assert (node.end_lineno or 0) - node.lineno < 40, (path, node.name)


def test_tests_stand_where_the_code_does() -> None:
    """In the folder of the same name; called as a module or folder there, or else about several,
    and of that package."""
    for test in TESTS.glob("**/test_*.py"):
        place = test.parent.relative_to(TESTS)
        subject = test.stem.removeprefix("test_")
        folder = next(each / place for each in (PACKAGE, ROOT) if (each / place).is_dir())
        if test.name in OF_ALL or subject in modules(folder) or (folder / subject).is_dir():
            continue
        text = test.read_text()
        top = place.parts[0]
        own = (f"from vnetmgr.{top}", f"from tests.unit.{top}.", f"from {top}")
        assert any(each in text for each in own), test


STRAY = """
import libvirt

def later():
    from lxml import etree
    import yaml
"""
ALLOWED = {"libvirt": "host", "lxml": "libvirt_xml", "yaml": None}
CIRCLE = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from vnetmgr.runtime import {}
"""


def complaints(root: Path) -> str:
    """What import-linter says of a copy of the package."""
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program, "--no-cache"], cwd=root, capture_output=True, text=True)
    assert (done.returncode == 0) is ("0 broken" in done.stdout), done.stderr
    return "" if done.returncode == 0 else done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package without its templates, and the contracts."""
    without = shutil.ignore_patterns("__pycache__", "templates")
    shutil.copytree(PACKAGE, tmp_path / "vnetmgr", ignore=without)
    text = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(text.replace('"templates"', ""))
    return tmp_path


def test_the_contracts_hold_for_what_is_there(copy: Path) -> None:
    assert complaints(copy) == ""


def test_no_module_is_forgotten_by_a_contract(copy: Path) -> None:
    """One that is new, in each package and in one that nobody has thought of."""
    folders = [*(folder.relative_to(ROOT) for folder in FOLDERS), Path("vnetmgr/tomorrow")]
    (copy / "vnetmgr/tomorrow").mkdir()
    (copy / "vnetmgr/tomorrow/__init__.py").touch()
    for folder in folders:
        (copy / folder / "stray.py").write_text(STRAY)
    said = complaints(copy)
    assert "- vnetmgr.tomorrow\n" in said  # it has no layer
    for folder in folders:
        for library, only in ALLOWED.items():
            module = ".".join((*folder.parts, "stray"))
            allowed = folder.parts[1:2] == (only,)
            assert (f"- {module} -> {library} (" in said) is not allowed, (module, library)


def test_a_circle_is_one_even_for_types_alone(copy: Path) -> None:
    for one, other in (("here", "there"), ("there", "here")):
        (copy / "vnetmgr/runtime" / f"{one}.py").write_text(CIRCLE.format(other))
    said = complaints(copy)
    assert "No circle of imports BROKEN" in said
    assert "allowed in vnetmgr.runtime." in said
