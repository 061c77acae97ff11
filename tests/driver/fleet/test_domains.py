"""list-domains, on libvirt's own test driver."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import libvirt
import pytest

from vnetmgr.api.host import Host
from vnetmgr.errors import NotFoundError
from vnetmgr.render.blocks import Form
from vnetmgr.render.console import show
from vnetmgr.render.domains import render_domains

if TYPE_CHECKING:
    from collections.abc import Iterator

URI = "test:///default"
DOMAIN = """<domain type="test"><name>{name}</name><memory>8192</memory>
<os><type>hvm</type></os><devices>{nics}</devices></domain>"""
NICS = """<interface type="bridge"><mac address="52:54:00:00:00:01"/><source bridge="br0"/>
<alias name="ua-lan"/></interface><interface type="user"><mac address="52:54:00:00:00:02"/>
</interface>"""


@pytest.fixture
def host() -> Iterator[Host]:
    """web runs, db is paused, old is off."""
    gc.collect()  # the driver forgets with its last connection, which what a test caught may hold
    conn = libvirt.open(URI)
    conn.defineXML(DOMAIN.format(name="old", nics=""))
    conn.defineXML(DOMAIN.format(name="web", nics=NICS)).create()
    paused = conn.defineXML(DOMAIN.format(name="db", nics=""))
    paused.create()
    paused.suspend()
    with Host.connect(URI) as host:
        yield host
    conn.close()


def test_domains_with_what_they_go_by(host: Host) -> None:
    found = {row.name: (row.run.state, row.run.id is not None) for row in host.domains()}
    assert found == {
        "db": ("paused", True),
        "old": ("shut off", False),
        "test": ("running", True),
        "web": ("running", True),
    }
    (web,) = host.domains("w*")
    assert [(nic.name, nic.mac) for nic in web.nics] == [
        ("lan", "52:54:00:00:00:01"),
        (None, "52:54:00:00:00:02"),
    ]
    with pytest.raises(NotFoundError):
        host.domains("web", "nobody")


def test_for_people(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    show(render_domains(host.domains(), form=Form.TABLE))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[1] for row in rows] == ["NAME", "db", "old", "test", "web"]
    assert rows[2][0] == "-"
    assert rows[4][-2:] == ["lan,", "52:54:00:00:00:02"]
