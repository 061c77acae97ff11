"""Which template is taken, and what is said when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vnetmgr.errors import NotFoundError, VnetError
from vnetmgr.local import templates
from vnetmgr.local.templates import edited_template, read_template

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The user's folder and the machine's, empty."""
    user, system = tmp_path / "vnetmgr" / "templates", tmp_path / "etc"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(templates, "_SYSTEM", system)
    return user, system


def _put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_users_own_comes_before_the_machines(places: tuple[Path, Path]) -> None:
    user, system = places
    theirs = _put(system, "nic/special.xml", "<machine/>")
    assert (read_template("nic/special.xml"), edited_template("nic/special.xml")) == (
        "<machine/>",
        str(theirs),
    )
    _put(user, "nic/special.xml", "<user/>")
    assert read_template("nic/special.xml") == "<user/>"


def test_home_is_used_when_xdg_is_not_absolute(
    places: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del places
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    _put(tmp_path / ".config" / "vnetmgr" / "templates", "nic/special.xml", "<home/>")
    assert read_template("nic/special.xml") == "<home/>"


@pytest.mark.usefixtures("places")
def test_a_missing_one_names_where_it_was_looked_for() -> None:
    with pytest.raises(NotFoundError, match=r"template nic/none\.xml") as caught:
        read_template("nic/none.xml")
    assert "/vnetmgr/templates" in (caught.value.hint or "")


@pytest.mark.parametrize("name", ["../../etc/passwd", "nic/../../x", "/etc/passwd", "nic", "nic/"])
def test_a_name_cannot_lead_elsewhere(name: str) -> None:
    with pytest.raises(NotFoundError):
        read_template(name)


def test_one_that_cannot_be_read_is_not_passed_over(places: tuple[Path, Path]) -> None:
    user, system = places
    _put(system, "nic/special.xml", "<machine/>")
    (user / "nic").mkdir(parents=True)
    (user / "nic" / "special.xml").symlink_to("nowhere")
    with pytest.raises(VnetError, match="No such file"):
        read_template("nic/special.xml")
