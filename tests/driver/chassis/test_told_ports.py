"""What ports are told when libvirt says that their guest comes or goes, in real databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import need
from tests.ovn import Central, databases_unavailable
from tests.unit.ovn.values import overlay, port
from vnetmgr.engine.migrating import tell_ports
from vnetmgr.model.overlay.northbound import PortChange
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.ovn.database import Database

if TYPE_CHECKING:
    from tests.vswitch import Vswitch
    from vnetmgr.planner.overlays.migrations import Happened

PORT = port()
UUID = PORT.owner.domain or "" if PORT.owner else ""


@pytest.mark.parametrize(("is_here", "known"), [(True, True), (False, False)])
def test_only_this_machine_s_own_name_is_told(
    switch: Vswitch, *, is_here: bool, known: bool
) -> None:
    """Another host may be reached from here, and this one be a chassis as well."""
    need(databases_unavailable())
    with Central() as central:
        settings = OvnSettings(northbound=central.remote)
        switch.set_ids(system_id="hostb", ovn_remote=central.south.remote)
        for name, address in (("hosta", "10.0.0.1"), ("hostb", "10.0.0.2")):
            central.south.ctl(f"chassis-add {name} geneve {address}")
        with Database.connect(settings) as database:
            database.set_overlay(SetOverlay(name="blue", before=None, after=overlay()))
            database.set_ports(SetPorts(changes=(PortChange(before=None, after=PORT),)))
            central.north.ctl("--wait=sb sync")
            central.south.ctl(f"lsp-bind {PORT.name} hosta")

            def told(happened: Happened, uuid: str = UUID) -> tuple[str, ...]:
                tell_ports(database, settings, uuid, happened, is_here=is_here)
                central.north.ctl("--wait=sb sync")
                return database.read().ports[0].requested_chassis

            assert told("coming", "another") == ()
            assert told("coming") == (("hosta", "hostb") if known else ())
            assert told("leaving") == (("hosta", "hostb") if known else ())
            assert told("arrived") == (("hostb",) if known else ())
            assert told("left") == ()
            another = settings.__class__(northbound=central.remote, fleet="another")
            assert tell_ports(database, another, UUID, "coming", is_here=is_here) == ()
