"""The network documents that libvirt tests itself with, from Debian's source package.

They are libvirt's, under its licence: they are fetched, and not kept here. `python -m
tests.lab.libvirt_documents` fetches them, unless they are in the cache, and names them.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.lab.cache import cached_directory
from tests.lab.errors import LabError
from tests.lab.next.root import archive
from tests.lab.programs import search_path

if TYPE_CHECKING:
    from pathlib import Path

# One version, whichever libvirt they are given to: what is in them is counted.
PACKAGE = "pool/main/libv/libvirt/libvirt_9.0.0.orig.tar.xz"
SHA256 = "deca5cff1b7baac297bca9663907c61f71a47183371dc7ac019c107806d5435a"
# Some of the first are links to the second.
FOLDERS = ("networkxml2xmlin", "networkxml2confdata")
HELPER = "/usr/lib/apt/apt-helper"


def network_documents() -> dict[str, str]:
    """Name -> document."""
    folder = cached_directory("libvirt-documents", SHA256[:12], _build) / FOLDERS[0]
    return {path.stem: path.read_text() for path in sorted(folder.glob("*.xml"))}


def _build(target: Path) -> None:
    tarball = target / "libvirt.tar.xz"
    source = f"{archive(target).rstrip('/')}/{PACKAGE}"
    command = [HELPER, "download-file", source, str(tarball), f"SHA256:{SHA256}"]
    environment = {**os.environ, "PATH": search_path()}
    fetched = subprocess.run(command, capture_output=True, text=True, env=environment)
    if fetched.returncode:
        raise LabError(f"{' '.join(command)}: {fetched.stderr.strip() or fetched.stdout.strip()}")
    inside = [f"*/tests/{folder}/*.xml" for folder in FOLDERS]
    unpack = ["tar", "--strip-components=2", "--no-same-owner", "--wildcards", "-xJf"]
    subprocess.run([*unpack, tarball, "-C", target, *inside], check=True, env=environment)
    tarball.unlink()


if __name__ == "__main__":
    print(*network_documents(), sep="\n")
