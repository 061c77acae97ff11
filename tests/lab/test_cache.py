import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab.cache import KEPT, cached_directory


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


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


def test_a_killed_builders_wreck_is_cleared_away(tmp_path: Path) -> None:
    wreck = tmp_path / "vnetmgr/kind/.building-wreck"
    wreck.mkdir(parents=True)
    cached_directory("kind", "key", nothing)
    assert not wreck.exists()


def test_old_keys_go() -> None:
    for number in range(KEPT + 2):
        last = cached_directory("kind", f"key{number}", nothing)
    assert last.exists()
    assert len([path for path in last.parent.iterdir() if path.is_dir()]) == KEPT
