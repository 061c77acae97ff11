"""What links have carried, as the kernel lists it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vnetmgr.local.traffic import read_traffic

HEAD = (
    "Inter-|   Receive                            |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes ...\n"
)


def read(tmp_path: Path, text: str | bytes) -> dict[str, tuple[int, ...]]:
    path = tmp_path / "dev"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {name: tuple(vars(found).values()) for name, found in read_traffic(path).items()}


def test_the_first_four_numbers_of_each_way(tmp_path: Path) -> None:
    lines = (
        "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\nvnet0:18446744073709551615 " + "0 " * 15
    )
    found = read(tmp_path, HEAD + lines)
    assert found["lo"] == (1, 2, 3, 4, 9, 10, 11, 12)
    assert found["vnet0"] == (18446744073709551615, *[0] * 7)


@pytest.mark.parametrize("line", ["", "x", "x: 1 2 3", "x: " + "y " * 16, "x: -1 " + "0 " * 15])
def test_what_is_no_link_is_passed_over(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, HEAD + line) == {}


def test_a_name_may_be_any_bytes(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD.encode() + b"br\xff: " + b"0 " * 16)
    assert list(found) == ["br\udcff"]


def test_where_there_is_no_such_file_there_are_none(tmp_path: Path) -> None:
    assert read_traffic(tmp_path / "nothing") == {}
