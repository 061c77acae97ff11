"""Which bridges QEMU's own helper gives to a user's guests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vnetmgr.local.bridge_conf import allowed_bridges

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("br0", "br1")


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", set()),
        ("allow br0\n", {"br0"}),
        ("  allow\tbr1  # the LAN\n#allow br0\n", {"br1"}),
        ("allow all\n", {"br0", "br1"}),
        ("allow all\ndeny br0\n", {"br1"}),
        ("deny br0\nallow br0\n", set()),
        ("allow br0\ndeny all\n", set()),
        ("allow br7\n", set()),
        ("allow\nallow br0", {"br0"}),
        ("include {more}\nallow br1\n", {"br0", "br1"}),
    ],
)
def test_a_denial_beats_whatever_allows(tmp_path: Path, text: str, allowed: set[str]) -> None:
    conf, more = tmp_path / "bridge.conf", tmp_path / "more.conf"
    more.write_text("allow br0\n")
    conf.write_text(text.format(more=more))
    assert allowed_bridges(NAMES, conf) == frozenset(allowed)


def test_without_the_file_there_is_none(tmp_path: Path) -> None:
    assert allowed_bridges(NAMES, tmp_path / "bridge.conf") == frozenset()


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    conf = tmp_path / "bridge.conf"
    conf.write_text(f"allow br0\ninclude {conf}\n")
    assert allowed_bridges(NAMES, conf) == frozenset({"br0"})


def test_what_cannot_be_read_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "bridge.conf").mkdir()
    assert allowed_bridges(NAMES, tmp_path / "bridge.conf") is None
