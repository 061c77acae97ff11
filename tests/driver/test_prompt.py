"""What apply makes of an answer at a terminal, and of none."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.answering import answered

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "version: 1\ndomains: {test: {nics: {lan: {network: default}}}}\n"


def words(folder: Path) -> list[str]:
    """apply, of the spec there."""
    return ["apply", str(folder / "spec.yaml"), "-c", "test:///default"]


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        (b"y\n", 0, "1 added, 0 changed, 0 waiting"),
        (b"maybe\nYES\n", 0, "1 added, 0 changed, 0 waiting"),
        (b"\xff\ny\n", 0, "1 added, 0 changed, 0 waiting"),
        (b"n\n", 0, "nothing was changed"),
        (b"\n", 0, "nothing was changed"),
        (b"\x03", 130, "vnetmgr: interrupted"),
        (b"y\x03", 130, "vnetmgr: interrupted"),
        (b"what\n\x03", 130, "vnetmgr: interrupted"),
        (b"\x04", 1, "vnetmgr: nobody answered; nothing was changed"),
    ],
)
def test_an_answer(keys: bytes, code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    found, shown = answered(words(tmp_path), keys)
    assert (found, "Traceback" in shown) == (code, False)
    assert "planned: 1 added, 0 changed, 0 waiting" in shown
    behind = shown.rpartition("[y/N]: ")[2]
    assert said in behind
    assert (code == 130) == ("nothing was changed" in behind and "interrupted" in behind)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    code, shown = answered(words(tmp_path), b"", number)
    assert code == 130
    assert "nothing was changed" in shown
