"""The wheel works by itself: built, installed in an empty environment, and it has its templates."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NOT_SOURCE = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")


def run(*argv: str | Path, cwd: Path) -> str:
    """What a program prints that has to work."""
    result = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{argv}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def test_an_installed_wheel_reads_its_templates(tmp_path: Path) -> None:
    # A copy: setuptools builds in the source tree, and packs what an earlier build left there.
    source = shutil.copytree(ROOT, tmp_path / "source", symlinks=True, ignore=_NOT_SOURCE)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    build = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir")
    run(*pip, *build, tmp_path / "dist", source, cwd=tmp_path)
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
