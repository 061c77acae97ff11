"""What libvirt's hook has done when a guest migrates to this host: with real databases of OVN's,
and no libvirt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import need
from tests.ovn import Central, databases_unavailable
from tests.unit.ovn.values import overlay, port
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import LogicalPort, PortChange
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.record import replace
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.ovn.database import Database

if TYPE_CHECKING:
    from tests.vswitch import Vswitch

PORT = port()
ID, UUID, MAC = PORT.name, PORT.owner.domain if PORT.owner else "", PORT.mac


class Expecting:
    """A host that guests come to, and OVN."""

    def __init__(self, central: Central, database: Database, switch: Vswitch) -> None:
        self.central, self.database, self._switch = central, database, switch

    def joined(self) -> None:
        """This host, `hostb`, and `hosta`, which has the guest, are chassis."""
        for name, address in (("hosta", "10.0.0.1"), ("hostb", "10.0.0.2")):
            self.central.south.ctl(f"chassis-add {name} geneve {address}")
        self.central.north.ctl("--wait=sb sync")
        self.central.south.ctl(f"lsp-bind {ID} hosta")
        self._switch.set_ids(system_id="hostb", ovn_remote=self.central.south.remote)

    def hook(self, document: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Ask as the hook does."""
        command = [sys.executable, "-m", "vnetmgr", "prepare-migration", "--incoming"]
        command += ["--ovn-nb", self.central.remote, *options]
        env = {**os.environ, "LIBVIRT_DEFAULT_URI": "test:///nothing/of/libvirt"}
        return subprocess.run(command, input=document, env=env, capture_output=True, text=True)

    @property
    def port(self) -> LogicalPort:
        """The guest's, as it is now."""
        (found,) = self.database.read().ports
        return found


@pytest.fixture
def host(switch: Vswitch) -> Iterator[Expecting]:
    """One that has not joined OVN, which has the guest's port."""
    need(databases_unavailable())
    with (
        Central() as central,
        Database.connect(OvnSettings(northbound=central.remote)) as database,
    ):
        database.set_overlay(SetOverlay(name="blue", before=None, after=overlay()))
        database.set_ports(SetPorts(changes=(PortChange(before=None, after=PORT),)))
        yield Expecting(central, database, switch)


def guest(virtualport: str = "", *, network: str = "blue", uuid: str = UUID or "") -> str:
    """A guest's document, as it comes."""
    return (
        f"<domain type='qemu'><name>web1</name><uuid>{uuid}</uuid><devices>"
        f"<interface type='network'><mac address='{MAC}'/><source network='{network}'/>"
        f"{virtualport}<model type='virtio'/></interface></devices></domain>\n"
    )


KNOWN = guest(f"<virtualport type='openvswitch'><parameters interfaceid='{ID}'/></virtualport>")


def test_its_port_is_told_and_its_document_stays(host: Expecting) -> None:
    host.joined()
    found = host.hook(KNOWN)
    assert (found.returncode, found.stdout) == (0, KNOWN)
    assert "port web1/lan (OVN)" in found.stderr
    migration = host.port.migration
    assert migration is not None
    assert replace(migration, since_s=0) == Migration(source="hosta", target="hostb", since_s=0)
    assert host.port.requested_chassis == ("hosta", "hostb")
    again = host.hook(KNOWN)
    assert (again.returncode, again.stdout, again.stderr) == (0, KNOWN, "")
    assert host.port.migration == migration


def test_an_id_that_libvirt_made_up_is_kept(host: Expecting) -> None:
    host.joined()
    found = host.hook(guest())
    assert found.returncode == 0
    assert f'<parameters interfaceid="{ID}"/>' in found.stdout.replace("'", '"')
    assert host.port.migration is not None


def test_a_dry_run_writes_nothing(host: Expecting) -> None:
    host.joined()
    found = host.hook(KNOWN, "--dry-run")
    assert (found.returncode, found.stdout) == (0, KNOWN)
    assert "port web1/lan (OVN)" in found.stderr
    assert host.port.migration is None


@pytest.mark.parametrize(
    "document",
    [
        guest(network="green"),
        guest(uuid="99999999-0000-4000-8000-000000000001"),
        "<domain><name>web1</name><devices/></domain>\n",
    ],
)
def test_who_has_no_port_is_left_as_it_is(host: Expecting, document: str) -> None:
    host.joined()
    found = host.hook(document)
    assert (found.returncode, found.stdout, found.stderr) == (0, document, "")
    assert host.port.migration is None


def test_where_it_comes_from_is_never_guessed(host: Expecting) -> None:
    found = host.hook(KNOWN)  # this host has no name of OVN's
    assert (found.returncode, found.stdout) == (0, KNOWN)
    assert host.port.migration is None
    host.joined()
    host.central.south.ctl(f"lsp-unbind {ID}")
    assert host.hook(KNOWN).returncode == 0
    assert host.port.migration is None  # and no chassis is of the host that the port's owner names


def test_what_is_wrong_is_told_and_printed_is_nothing(host: Expecting) -> None:
    for document, options, code in (
        ("<domain", (), 1),
        ("", (), 1),
        (KNOWN, ("--output", "json"), 2),
        (KNOWN, ("web1", "hosta"), 2),
        (KNOWN, ("--host", "kvm1"), 2),
    ):
        found = host.hook(document, *options)
        assert found.returncode == code, (document, options, found)
        said = found.stdout or found.stderr
        assert "Traceback" not in said
        if "json" in options:
            assert json.loads(found.stdout)["kind"] == "error"
        else:
            assert found.stdout == ""
    host.central.north.kill()
    found = host.hook(KNOWN)
    assert (found.returncode, found.stdout) == (1, "")
    assert host.central.remote in found.stderr
