"""The guest image. Without a cached one this downloads a kernel package."""

import subprocess

import pytest

from tests.lab import lab_unavailable
from tests.lab.image_builder import image_directory

pytestmark = pytest.mark.skipif(bool(lab_unavailable()), reason=str(lab_unavailable()))


def listing(archive: str) -> set[str]:
    with (image_directory() / archive).open("rb") as content:
        printed = subprocess.check_output(["cpio", "--list", "--quiet"], stdin=content, text=True)
    return set(printed.splitlines())


def test_the_image_is_built_once() -> None:
    directory = image_directory()
    image_directory.cache_clear()
    assert image_directory() == directory
    names = {path.name for path in directory.iterdir()}
    assert names == {"agent.cpio", "kernel", "plain.cpio", "server.cpio"}


def test_modules_come_after_what_they_need() -> None:
    content = (image_directory() / "plain.cpio").read_bytes()
    order = [f"/lib/modules/{name}.ko\n".encode() for name in ("virtio", "virtio_net", "8021q")]
    assert [content.index(path) for path in order] == sorted(content.index(path) for path in order)
    assert "lib/modules/virtio_net.ko" in listing("plain.cpio")


def test_only_the_agents_flavour_has_the_agent() -> None:
    plain = (image_directory() / "plain.cpio").read_bytes()
    agent = (image_directory() / "agent.cpio").read_bytes()
    assert b"usr/sbin/qemu-ga\0" in agent.removeprefix(plain)
    assert b"usr/sbin/qemu-ga\0" not in plain
