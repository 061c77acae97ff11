import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab import cache
from tests.lab.cache import KEPT, cached_directory


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "in_use", {})
    yield
    let_go()


def let_go() -> None:
    """As at the end of the process: it uses nothing any more."""
    while cache.in_use:
        os.close(cache.in_use.popitem()[1])


def nothing(target: Path) -> None:
    """Build an empty directory."""
    assert target.is_dir()


def test_of_two_builders_one_builds() -> None:
    built: list[Path] = []
    both_there = threading.Barrier(2)

    def build(target: Path) -> None:
        built.append(target)
        (target / "file").write_text("content")

    def get() -> str:
        both_there.wait()
        return (cached_directory("kind", "key", build) / "file").read_text()

    with ThreadPoolExecutor() as pool:
        results = [pool.submit(get) for _ in range(2)]
        assert [result.result() for result in results] == ["content", "content"]
    assert len(built) == 1


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def fail(target: Path) -> None:
        (target / "half").touch()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cached_directory("kind", "key", fail)
    assert [path.name for path in (tmp_path / "vnetmgr/kind").iterdir()] == [".lock"]


# Builds half of a directory, with a scratch directory beside it, says so, and waits to be killed.
BUILD_HALF = """
import sys
from tests.lab.cache import cached_directory, scratch_beside
def build(target):
    (target / "half").touch()
    with scratch_beside(target):
        print("half", flush=True)
        sys.stdin.read()
cached_directory("kind", "key", build)
"""


def test_a_killed_builders_wreck_is_not_taken_for_whole_and_goes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUILD_HALF]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == b"half\n"
        builder.kill()
    assert len(kept(tmp_path)) == 2
    assert list(cached_directory("kind", "key", nothing).iterdir()) == []
    assert kept(tmp_path) == ["key"]


def test_a_clearing_away_that_is_cut_short_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(KEPT):
        cached_directory("kind", f"key{number}", nothing)
    let_go()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            cached_directory("kind", "new", nothing)
    assert sum(not name.startswith(".") for name in kept(tmp_path)) == KEPT
    cached_directory("kind", "newer", nothing)
    assert not any(name.startswith(".") for name in kept(tmp_path))


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def kept(tmp_path: Path) -> list[str]:
    """The names of the directories there are."""
    return [path.name for path in (tmp_path / "vnetmgr/kind").iterdir() if path.is_dir()]


def get(*numbers: int) -> None:
    """Have some keys built, or use them, at times that can be told apart."""
    for number in numbers:
        cached_directory("kind", f"key{number}", nothing)
        time.sleep(0.02)


def test_the_keys_last_used_are_kept(tmp_path: Path) -> None:
    get(*range(KEPT))
    let_go()
    get(0)
    let_go()
    get(KEPT, KEPT + 1)
    assert sorted(kept(tmp_path)) == ["key0", f"key{KEPT}", f"key{KEPT + 1}"]


# Uses a key, becomes another program, which says so, and waits for its end.
USE = """
import os
from tests.lab.cache import cached_directory, use_after_exec
cached_directory("kind", "key0", lambda target: None)
use_after_exec()
os.execvp("sh", ["sh", "-c", "echo used; read line"])
"""


def test_what_somebody_uses_is_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-c", USE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == b"used\n"
        get(*range(1, KEPT + 2))
        assert "key0" in kept(tmp_path)
        user.kill()
    let_go()
    get(KEPT + 2)
    assert len(kept(tmp_path)) == KEPT
    assert "key0" not in kept(tmp_path)
