"""Whether dnsmasq could read a directory and a file in it, on a real file system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vnetmgr.local.served import read_served
from vnetmgr.model.seen.served import Access

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory that everybody can read, wherever tests are kept."""
    for each in (tmp_path, *tmp_path.parents):
        if not each.stat().st_mode & 0o001:
            each.chmod(each.stat().st_mode | 0o011)
    root = tmp_path / "tftp"
    root.mkdir()
    root.chmod(0o755)
    for name, mode in (("pxe.0", 0o644), ("closed", 0o640)):
        (root / name).write_text("x")
        (root / name).chmod(mode)
    (root / "sub").mkdir()
    (root / "link").symlink_to("pxe.0")
    (root / "loop").symlink_to("loop")
    return root


def test_what_of_it_can_be_read(root: Path) -> None:
    files = {
        "pxe.0": Access.OPEN,
        "/pxe.0": Access.OPEN,
        f"{root}/pxe.0": Access.OPEN,
        "link": Access.OPEN,
        "closed": Access.CLOSED,
        "sub": Access.OTHER,
        "sub/none": Access.MISSING,
        "loop": Access.MISSING,
    }
    (found,) = read_served([str(root)], files).values()
    assert (found.access, found.files) == (Access.OPEN, files)


def test_the_way_to_it_counts(root: Path) -> None:
    roots = {
        str(root): Access.OPEN,
        f"{root}/": Access.OPEN,
        f"{root}/pxe.0": Access.OTHER,
        f"{root}/none": Access.MISSING,
    }
    assert {name: each.access for name, each in read_served(roots, ()).items()} == roots
    root.parent.chmod(0o750)
    assert read_served([str(root)], ["pxe.0"])[str(root)].access is Access.CLOSED
