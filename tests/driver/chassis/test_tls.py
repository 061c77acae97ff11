"""A southbound database that wants to know who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import eventually
from tests.ovn import Central, Database
from tests.ovn.keys import free_port, make_keys, serving
from vnetmgr.errors import UnfinishedError, VnetError
from vnetmgr.local.chassis.joining import read_joining
from vnetmgr.local.chassis.southbound import read_southbound
from vnetmgr.local.chassis.write import write_chassis
from vnetmgr.model.overlay.joining import ChassisWant
from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.model.record import replace
from vnetmgr.model.writes import RemoveChassis, SetChassis

if TYPE_CHECKING:
    from pathlib import Path

    from tests.vswitch import Vswitch
    from vnetmgr.model.overlay.southbound import SeenChassis


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


def test_a_host_takes_away_no_chassis_but_its_own(tmp_path: Path, switch: Vswitch) -> None:
    """Where the database lets hosts in by their names: the role ovn-controller."""
    server, client = make_keys(tmp_path, "server"), make_keys(tmp_path, "kvm1")
    mine = TlsFiles(client.private_key, client.certificate, server.certificate)
    port = free_port()
    at = f"ssl:127.0.0.1:{port}"
    central = Central()
    central.south.options = [
        *serving(server, client),
        "--remote=db:OVN_Southbound,SB_Global,connections",
    ]
    with central:
        central.south.ctl(
            "-- chassis-add kvm1 geneve 10.0.0.1 -- create Chassis_Private name=kvm1"
            " -- chassis-add kvm2 geneve 10.0.0.2"
            f" -- set-connection role=ovn-controller pssl:{port}:127.0.0.1"
        )

        def seen() -> tuple[SeenChassis, ...]:
            return read_southbound(at, mine).chassis

        eventually(lambda: answers(at, mine), "it listens there")
        own, other = seen()
        write_chassis(RemoveChassis(at=at, seen=own, tls=mine, settles=True))
        with pytest.raises(UnfinishedError, match="chassis kvm2: permission error"):
            write_chassis(RemoveChassis(at=at, seen=other, tls=mine, settles=True))
        assert seen() == (other,)
        assert central.south.ctl("--bare --columns=name list Chassis_Private").split() == []


def answers(at: str, tls: TlsFiles) -> bool:
    """Whether the database can be read."""
    try:
        read_southbound(at, tls)
    except VnetError:
        return False
    return True
