import pytest

from tests.lab import lab_unavailable
from tests.lab.image_builder import GUESTFS, image_directory

pytestmark = pytest.mark.skipif(bool(lab_unavailable()), reason=str(lab_unavailable()))


def test_the_image_is_built_once() -> None:
    directory = image_directory()
    image_directory.cache_clear()
    assert image_directory() == directory
    assert sorted(path.name for path in directory.iterdir()) == [
        "agent.cpio",
        "kernel",
        "plain.cpio",
    ]


def test_the_key_changes_with_the_builders_inputs() -> None:
    assert {path.name for path in GUESTFS.iterdir()} == {"autodhcp", "init", "shell", "udhcpc"}
