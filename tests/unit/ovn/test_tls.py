"""A northbound database that wants to know who asks."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ovn import Database as Server
from tests.ovn.keys import free_port, make_keys, serving
from vnetmgr.errors import VnetError
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.record import replace
from vnetmgr.ovn import client as client_module
from vnetmgr.ovn.database import Database

if TYPE_CHECKING:
    from pathlib import Path


_FILES = {"private_key": "private key", "certificate": "certificate", "ca_cert": "CA certificate"}


def test_who_asks_has_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, client, stranger = (make_keys(tmp_path, name) for name in ("server", "me", "other"))
    port = free_port()
    database = Server()
    database.more_remotes = [f"pssl:{port}:127.0.0.1"]
    database.options = serving(server, client)
    mine = OvnSettings(
        northbound=f"ssl:127.0.0.1:{port}",
        private_key=client.private_key,
        certificate=client.certificate,
        ca_cert=server.certificate,
    )
    with database:
        database.ctl("ls-add blue")
        with pytest.raises(VnetError, match="cannot connect") as raised:
            Database.connect(replace(mine, ca_cert=stranger.certificate))
        assert f"is {stranger.certificate} that of who has signed" in (raised.value.hint or "")
        with monkeypatch.context() as impatient:
            impatient.setattr(client_module, "_AWAY_S", 0.5)
            unknown = replace(
                mine, private_key=stranger.private_key, certificate=stranger.certificate
            )
            with pytest.raises(VnetError, match="away") as raised:
                Database.connect(unknown)
            assert f"does its server trust {stranger.certificate}" in (raised.value.hint or "")
        # What others were refused with stays theirs.
        found = Database.connect(mine)
        assert [each.network.name for each in found.read().overlays] == ["blue"]
        found.close()


def test_each_file_that_is_none_is_named(tmp_path: Path) -> None:
    me, other = (make_keys(tmp_path, name) for name in ("me", "other"))
    text, pipe, folder = tmp_path / "text", tmp_path / "pipe", tmp_path / "folder"
    text.write_text("no PEM")
    os.mkfifo(pipe)
    folder.mkdir()
    secret = str(tmp_path / "secret")
    words = ("openssl", "ec", "-in", me.private_key, "-aes256", "-passout", "pass:x", "-out")
    subprocess.run((*words, secret), check=True, capture_output=True)
    mine = OvnSettings(
        northbound="ssl:127.0.0.1:1",
        private_key=me.private_key,
        certificate=me.certificate,
        ca_cert=other.certificate,
    )
    nothing = f"{tmp_path}/nothing"
    wrong: dict[str, dict[str, str | None]] = {
        "needs a private key, certificate, CA certificate": dict.fromkeys(_FILES),
        "needs a certificate$": {"certificate": None},
        "; ".join(f".*{what} {nothing}: No such file.*" for what in _FILES.values()): dict.fromkeys(
            _FILES, nothing
        ),
        f"CA certificate {folder}: Is a directory": {"ca_cert": str(folder)},
        f"private key {pipe}: it is a pipe": {"private_key": str(pipe)},
        f"certificate {text}: there is none in it": {"certificate": str(text)},
        f"CA certificate {text}: there is none in it; private key {text}: there is none in it": {
            "ca_cert": str(text),
            "private_key": str(text),
        },
        f"private key .*: it is not that of {me.certificate}": {"private_key": other.private_key},
        f"private key {secret}: it has a passphrase": {"private_key": secret},
    }
    for says, fields in wrong.items():
        with pytest.raises(VnetError, match=says) as raised:
            Database.connect(replace(mine, **fields))
        assert raised.value.hint
