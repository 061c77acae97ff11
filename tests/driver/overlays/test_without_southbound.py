"""The northbound database answers and the southbound one does not: what that would have told is not
checked, with why; nothing is held up by it that does not need it."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import vnetmgr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ovn import Central

ELSEWHERE = "6695eb01-f6a4-8304-79aa-97f2502e1932"
PORT = "aaaaaaaa-0000-4000-8000-000000000001"
NODE = f"""<node><domain type="test"><name>web1</name><memory>8192</memory>
<uuid>6695eb01-f6a4-8304-79aa-97f2502e1931</uuid>
<os><type arch="x86_64" machine="q35">hvm</type></os><devices>
<controller type="pci" model="pcie-root" index="0"/>
<interface type="network"><mac address="52:54:00:00:00:01"/><source network="blue"/>
<virtualport type="openvswitch"><parameters interfaceid="{PORT}"/></virtualport>
<target dev="vnet0"/><alias name="ua-lan"/></interface></devices></domain></node>"""
FAULTS = {
    "nobody says where": "it is not known where OVN's southbound database is",
    "gone": "Connection refused",
    "silent": "has been away for",
    "nonsense": "is no place of a database",
    "another": "is not OVN_Southbound",
    "without a key": "needs a private key",
}


@contextmanager
def failing(fault: str, central: Central, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    places = {
        "nonsense": "tcp:10.0.0.1:99999",
        "another": central.remote,
        "without a key": "ssl:127.0.0.1:1",
    }
    if fault != "nobody says where":
        monkeypatch.setenv("OVN_SB_DB", places.get(fault, central.south.remote))
    if fault == "gone":
        central.south.kill()
    if fault == "silent":
        os.kill(central.south.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if fault == "silent":
            os.kill(central.south.pid, signal.SIGCONT)


@pytest.fixture
def host(central: Central, tmp_path: Path) -> Iterator[vnetmgr.Host]:
    """Its guest runs on an overlay, which has another host's guest as well."""
    path = tmp_path / "node.xml"
    path.write_text(NODE)
    with vnetmgr.Host.connect(f"test://{path}", ovn_nb=central.remote) as host:
        # The test driver plugs nothing in anew, as a network that starts would have it.
        host.create_network("blue", mode="overlay", subnet="10.66.0.0/24", start=False)
        central.north.ctl(
            "--wait=sb lsp-add blue p -- lsp-set-addresses p '52:54:00:00:00:77 10.66.0.77' -- set "
            "Logical_Switch_Port p external_ids:vnetmgr-fleet=default "
            f"external_ids:vnetmgr-role=nic external_ids:vnetmgr-domain={ELSEWHERE} "
            "external_ids:vnetmgr-domain-name=db1 external_ids:vnetmgr-nic=lan"
        )
        yield host


@pytest.mark.parametrize("fault", FAULTS)
def test_what_it_would_have_told_is_not_checked(
    host: vnetmgr.Host, central: Central, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with failing(fault, central, monkeypatch):
        trace = host.trace("web1/lan", "db1")
        assert trace.verdict == "unknown"
        assert "OVN's southbound database was not seen: " in trace.reason
        assert FAULTS[fault] in trace.reason
        checks = {each.check: each for each in host.diagnose("web1").findings}
        for check in ("overlay-host-unknown", "overlay-port-unbound", "overlay-tunnel"):
            assert checks[check].status == "not-checked"
        (note,) = host.leases("blue").notes
        assert "was not checked: " in note
        assert FAULTS[fault] in note


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_need_it_does_not_ask_for_it(
    host: vnetmgr.Host, central: Central, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: object) -> None:
        raise AssertionError("it was asked")

    with failing(fault, central, monkeypatch):
        monkeypatch.setattr("vnetmgr.ovn.southbound.read_chassis", ask)
        monkeypatch.setattr("vnetmgr.ovn.southbound.read_southbound", ask)
        assert host.nics().notes == ()
        assert host.networks().notes == ()
