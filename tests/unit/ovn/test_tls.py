"""A northbound database that wants to know who asks."""

from __future__ import annotations

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
    wrong = {
        "cannot connect": replace(mine, ca_cert=stranger.certificate),
        "key values mismatch": replace(mine, private_key=stranger.private_key),
        "No such file": replace(mine, private_key=str(tmp_path / "nothing")),
        "needs a private key": replace(mine, private_key=None, certificate=None, ca_cert=None),
    }
    with database:
        database.ctl("ls-add blue")
        for text, settings in wrong.items():
            with pytest.raises(VnetError, match=text):
                Database.connect(settings)
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
