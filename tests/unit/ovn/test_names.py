"""A northbound database by its host's name."""

from __future__ import annotations

import pytest

from tests.ovn import Database as Server
from tests.ovn.keys import free_port
from vnetmgr.errors import VnetError
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.ovn.database import Database


def test_a_server_is_found_by_its_name() -> None:
    port = free_port()
    server = Server()
    server.more_remotes = [f"ptcp:{port}:127.0.0.1"]
    nobody = f"tcp:a..b:{port}"
    with server:
        server.ctl("ls-add blue")
        for at in (f"tcp:localhost:{port}", f"{nobody},tcp:localhost:{port}"):
            found = Database.connect(OvnSettings(northbound=at))
            assert [each.network.name for each in found.read().overlays] == ["blue"]
            found.close()
        with pytest.raises(VnetError, match=f"{nobody}: that is no name of a host"):
            Database.connect(OvnSettings(northbound=nobody))
