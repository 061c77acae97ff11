"""The wheel works by itself: built from the source distribution, installed in an empty environment,
and it has its templates."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vnetmgr

ROOT = Path(__file__).parents[2]
_NOT_SOURCE = shutil.ignore_patterns(".git", ".*_cache", ".venv", "*.egg-info")


def not_source(folder: str, names: list[str]) -> set[str]:
    """What a checkout has beside its source."""
    return _NOT_SOURCE(folder, names) | ({"build", "dist"} if Path(folder) == ROOT else set())


def run(*argv: str | Path, cwd: Path) -> str:
    """What a program prints that has to work."""
    result = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{argv}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    # A copy: setuptools builds in the source tree, and packs what an earlier build left there.
    source = shutil.copytree(ROOT, folder / "source", symlinks=True, ignore=not_source)
    build = f"from setuptools.build_meta import build_sdist; build_sdist({str(folder)!r})"
    run(sys.executable, "-c", build, cwd=source)
    (archive,) = folder.glob("*.tar.gz")
    assert archive.name == f"vnetmgr-{vnetmgr.__version__}.tar.gz"
    shutil.unpack_archive(archive, folder)
    return folder / archive.name.removesuffix(".tar.gz")


def test_a_source_distribution_has_all_that_is_worked_with(unpacked: Path) -> None:
    """Everything that git has, but for what is git's own."""
    tracked = run("git", "ls-files", "-z", cwd=ROOT).split("\0")[:-1]
    wanted = {name for name in tracked if (ROOT / name).is_file()} - {".gitignore"}
    assert {name for name in wanted if not (unpacked / name).is_file()} == set()
    packed = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*.py*")}
    assert {name for name in packed if "/templates/" not in name} <= wanted


def test_an_installed_wheel_reads_its_templates(unpacked: Path, tmp_path: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    build = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir")
    run(*pip, *build, tmp_path / "dist", unpacked, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("vnetmgr-*.whl")
    empty = tmp_path / "empty"
    run(sys.executable, "-m", "venv", empty, cwd=tmp_path)
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(empty / "bin" / "python", *install, wheel, cwd=tmp_path)
    program = empty / "bin" / "vnetmgr"
    where = run(
        empty / "bin" / "python", "-c", "import vnetmgr; print(vnetmgr.__file__)", cwd=tmp_path
    )
    assert Path(where.strip()).is_relative_to(empty)
    printed = run(
        *(program, "create-domain", "new", "--nic", "bridge=br0,model=e1000"),
        *("-c", "test:///default"),
        cwd=tmp_path,
    )
    assert "domain new: added in config" in printed
    script = run(program, "--show-completion", "zsh", cwd=tmp_path)
    assert script == (ROOT / "completions/_vnetmgr").read_text()
