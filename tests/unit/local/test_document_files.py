"""Whether libvirt has written something."""

from __future__ import annotations

from pathlib import Path

import pytest

from vnetmgr.local.document_files import stamps


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    live, config = tmp_path / "live", tmp_path / "config"
    live.mkdir()
    config.mkdir()
    for folder in (live, config):
        (folder / "web1.xml").write_text("<domain/>")
        (folder / "web2.xml").write_text("<domain/>")
    return live, config


def rewrite(path: Path) -> None:
    """As libvirt does: another file in its place."""
    new = path.with_suffix(".new")
    new.write_text(path.read_text())
    new.rename(path)


@pytest.mark.parametrize("number", [0, 1])
def test_each_change_shows_and_for_its_own_alone(folders: tuple[Path, Path], number: int) -> None:
    before = stamps(folders)
    assert stamps(folders) == before
    rewrite(folders[number] / "web1.xml")
    after = stamps(folders)
    assert after["web1"] != before["web1"]
    assert after["web2"] == before["web2"]


def test_a_start_and_a_stop_show(folders: tuple[Path, Path]) -> None:
    before = stamps(folders)
    (folders[0] / "web1.xml").unlink()
    assert stamps(folders)["web1"] != before["web1"]


def test_what_is_no_document_is_passed_over(folders: tuple[Path, Path]) -> None:
    (folders[0] / "web1.pid").touch()
    (folders[1] / "broken.xml").symlink_to("nowhere")
    assert stamps(folders).keys() == {"web1", "web2"}


def test_where_nobody_may_look_nothing_is_told(tmp_path: Path) -> None:
    assert stamps((tmp_path / "nothing",)) == {}
