"""A southbound database that wants to know who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ovn import Database
from tests.ovn.keys import free_port, make_keys, serving
from vnetmgr.errors import VnetError
from vnetmgr.local.chassis.joining import read_joining
from vnetmgr.local.chassis.southbound import read_southbound
from vnetmgr.local.chassis.write import write_chassis
from vnetmgr.model.overlay.chassis import ChassisWant, TlsFiles
from vnetmgr.model.record import replace
from vnetmgr.model.writes import SetChassis

if TYPE_CHECKING:
    from pathlib import Path

    from tests.vswitch import Vswitch


def test_who_asks_has_a_key(switch: Vswitch, tmp_path: Path) -> None:
    server, client, stranger = (make_keys(tmp_path, name) for name in ("server", "me", "other"))
    mine = TlsFiles(client.private_key, client.certificate, server.certificate)
    port = free_port()
    database = Database("OVN_Southbound")
    database.more_remotes = [f"pssl:{port}:127.0.0.1"]
    database.options = serving(server, client)
    at = f"ssl:127.0.0.1:{port}"
    with database:
        assert read_southbound(at, mine).chassis == ()
        for other in (
            None,
            TlsFiles(stranger.private_key, stranger.certificate, server.certificate),
            replace(mine, ca_cert=stranger.certificate),
            replace(mine, private_key=str(tmp_path / "nothing")),
        ):
            with pytest.raises(VnetError, match="does not answer"):
                read_southbound(at, other)
        # What is said once is Open vSwitch's, which ovn-controller takes it from.
        write_chassis(SetChassis(ids=(("ovn-remote", at),), bridge="br-int", tls=mine.files))
        found = read_joining(ChassisWant())
        assert (found.tls, found.southbound_unseen) == (mine, None)
