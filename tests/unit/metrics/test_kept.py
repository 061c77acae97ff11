"""What is read once, and when it is read again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from vnetmgr.metrics.kept import LONGEST_S, Kept


class Library:
    """Counts what is read of it."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.gone: set[str] = set()

    def __call__(self, names: Sequence[str]) -> list[tuple[str, str]]:
        self.read += names
        return [(name, f"{name}{len(self.read)}") for name in names if name not in self.gone]


@pytest.fixture
def library() -> Library:
    return Library()


def test_what_has_not_changed_is_not_read_again(library: Library) -> None:
    kept = Kept(library)
    first = kept.of({"a": 1, "b": 1}, 0.0)
    assert kept.of({"a": 1, "b": 1}, LONGEST_S - 1) == first
    assert library.read == ["a", "b"]


def test_what_an_event_is_about_is(library: Library) -> None:
    kept = Kept(library)
    kept.of({"a": 1, "b": 1}, 0.0)
    kept.drop("b")
    kept.drop("nobody")
    kept.of({"a": 1, "b": 1}, 1.0)
    assert library.read == ["a", "b", "b"]


def test_what_has_another_mark_is(library: Library) -> None:
    kept = Kept(library)
    kept.of({"a": 1, "b": 1}, 0.0)
    kept.of({"a": 1, "b": 2}, 1.0)
    assert library.read == ["a", "b", "b"]


def test_what_is_old_is(library: Library) -> None:
    kept = Kept(library)
    kept.of({"a": 1}, 0.0)
    kept.of({"a": 1, "b": 1}, LONGEST_S / 2)
    kept.of({"a": 1, "b": 1}, LONGEST_S)
    assert library.read == ["a", "b", "a"]


def test_what_is_gone_is_left_out(library: Library) -> None:
    kept = Kept(library)
    library.gone = {"b"}
    assert kept.of({"a": 1, "b": 1}, 0.0) == ["a2"]
    assert kept.of({}, 0.0) == []
    library.gone = set()
    assert len(kept.of({"a": 1, "b": 1}, 0.0)) == 2
