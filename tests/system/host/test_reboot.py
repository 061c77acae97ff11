"""The host reboots: port forwards are there again, and nobody has called vnetmgr but libvirt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab import Lab
from tests.lab.asking import ASKING
from tests.lab.hosts.reboot import cut_power
from tests.lab.waiting import eventually
from tests.system.conftest import ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Guest

pytestmark = pytest.mark.firewall

MAC, BRIDGE, V4, V6 = "52:54:00:00:71:01", "virbr71", "192.168.71", "fd00:71::"
OTHER = (
    "<network><name>another</name><forward mode='nat'/><bridge name='virbr72'/>"
    "<ip address='192.168.72.1' prefix='24'/></network>"
)
NETWORK = f"""
<network>
  <name>home</name>
  <forward mode='nat'/>
  <bridge name='{BRIDGE}'/>
  <ip address='{V4}.1' prefix='24'><dhcp><range start='{V4}.100' end='{V4}.150'/></dhcp></ip>
  <ip family='ipv6' address='{V6}1' prefix='64'/>
</network>
"""
NIC = (
    f"<interface type='network'><source network='home'/><mac address='{MAC}'/>"
    "<model type='virtio'/><alias name='ua-mgmt'/></interface>"
)
HOST, OUTSIDE = {4: "10.10.0.2", 6: "fd00:10::2"}, "fd00:10::1"


@pytest.fixture(scope="module")
def host() -> Iterator[Lab]:
    """A host of this module's own, as it is rebooted."""
    with Lab() as lab:
        lab.sh(f"ip -6 address add {HOST[6]}/64 dev br0 nodad")
        lab.lan("br0").sh(
            f"ip -6 address add {OUTSIDE}/64 dev eth0 nodad; ip -6 route add default via {HOST[6]}"
        )
        yield lab


@pytest.fixture(scope="module")
def server(host: Lab) -> Guest:
    """A guest that starts with the host, as its network does, and answers on port 80."""
    for document in (NETWORK, OTHER):
        network = host.conn.networkDefineXML(document)
        network.setAutostart(True)
        network.create()
    guest = host.guest("web1", nics=(NIC,), flavour="server")
    guest.domain.setAutostart(True)
    serve(guest)
    return guest


def serve(guest: Guest) -> None:
    """What the guest's own boot would do."""
    guest.wait_ready()
    guest.dhcp(MAC)
    for protocol in ("tcp", "udp"):
        guest.sh(f"/lib/lab/answer {protocol} 80 {guest.name} > /dev/null 2>&1 &")


def answers(host: Lab) -> dict[str, str]:
    """What the LAN is answered, and the host itself by its loopback."""
    found = {}
    for protocol in ("tcp", "udp"):
        argv = [*ASKING, protocol]
        for version, address in HOST.items():
            run = host.lan("br0").run([*argv, address, "8080"])
            found[f"outside {protocol} IPv{version}"] = ok(run).strip()
        found[f"loopback {protocol}"] = ok(host.run([*argv, "127.0.0.1", "8080"])).strip()
    return found


def silent(host: Lab) -> dict[str, str]:
    """Those who do not reach the guest."""
    return {who: said for who, said in answers(host).items() if not said.startswith("web1 ")}


def test_forwards_are_back_after_a_reboot_by_libvirts_hook_alone(host: Lab, server: Guest) -> None:
    for protocol in ("tcp", "udp"):
        ok(host.vnetmgr("add-forward", "web1", f"8080:80/{protocol}", "--loopback"))
    ok(host.vnetmgr("install-service", "--hook"))
    eventually(lambda: not silent(host), "everybody gets to the guest", timeout=120)
    before = host.firewall_rules().count("vnetmgr")
    cut_power(host)
    assert host.sh("nft list tables; ls /run").split() == ["lock", "netns"]
    assert BRIDGE not in host.sh("ls /sys/class/net")
    host.start_libvirtd()
    eventually(lambda: server.domain.isActive(), "the guest has started with the host")
    serve(server)
    eventually(lambda: not silent(host), "everybody gets to the guest", timeout=120)
    # It was all done; the hook's own run may still hold the lock for a moment.
    assert ok(host.vnetmgr("reconcile", "--lock-timeout", "60")) == ""
    assert host.firewall_rules().count("vnetmgr") == before
