"""A key with a certificate that has signed itself: whoever has it proves, and knows, who it is."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Keys(NamedTuple):
    """Their files, as OVN's programs and vnetmgr take them."""

    private_key: str
    certificate: str
    ca_cert: str


def make_keys(folder: Path, name: str) -> Keys:
    """New ones, for a day."""
    key, certificate = str(folder / f"{name}-key.pem"), str(folder / f"{name}-cert.pem")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1")
    files = ("-subj", f"/CN={name}", "-keyout", key, "-out", certificate)
    subprocess.run(("openssl", "req", "-x509", *kind, *files), check=True, capture_output=True)
    return Keys(key, certificate, certificate)


def serving(keys: Keys, trusted: Keys) -> list[str]:
    """ovsdb-server's options: who it is, and whom it lets in."""
    return [
        *(f"--private-key={keys.private_key}", f"--certificate={keys.certificate}"),
        f"--ca-cert={trusted.certificate}",
    ]


def free_port() -> int:
    """A port of 127.0.0.1 where nobody listened a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
