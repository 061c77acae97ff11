"""Hosts of libvirt's test driver that have one northbound database of OVN's, a real one."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

import vnetmgr
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.ovn import Database

UUID = "6695eb01-f6a4-8304-79aa-97f2502e193"
NODE = """<node>
<domain type="test"><name>{name}</name><memory>8192</memory><uuid>{uuid}</uuid>
<os><type arch="x86_64" machine="q35">hvm</type></os><devices>
<controller type="pci" model="pcie-root" index="0"/></devices></domain></node>"""


@pytest.fixture
def host(northbound: Database, tmp_path: Path) -> Iterator[Callable[..., vnetmgr.Host]]:
    """Makes a host with one domain, each with a number; `ovn_nb`: where it looks for OVN."""
    with ExitStack() as opened:

        def connect(number: int = 1, ovn_nb: str | None = None) -> vnetmgr.Host:
            path = tmp_path / f"kvm{number}.xml"
            path.write_text(NODE.format(name=f"web{number}", uuid=f"{UUID}{number}"))
            at = northbound.remote if ovn_nb is None else ovn_nb
            made = opened.enter_context(vnetmgr.Host.connect(f"test://{path}", ovn_nb=at))
            # The driver calls each host as this machine is called.
            connection = made._connection
            connection._session = replace(connection._session, hostname=f"kvm{number}")
            return made

        yield connect
