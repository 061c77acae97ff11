"""Port forwards by passt, where libvirt has it: its own XML, told to passt with the nic.

Debian 12 builds its libvirt without; there the nic itself is refused, and nothing is left of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.lab import eventually
from tests.system.conftest import BOTH, Vm, element, ok
from tests.system.forwards.test_user_forwards import PAGE, listed, page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

pytestmark = pytest.mark.next

MAC = "52:54:00:00:0d:02"
NOT_BUILT_IN = 10_000_000  # Debian has passt in its libvirt since
REPLUG = ("--allow", "replug")
SPEC = f"""
version: 1
domains:
  q35:
    nics:
      net: {{user: true, mac: "{MAC}", extra: {{backend.type: passt}}}}
    forwards:
      - {{host_port: 8081, guest_port: 80, nic: net}}
"""


@pytest.fixture
def routed(vm: Vm) -> Iterator[Vm]:
    """The shared guest on a host with a way out: passt takes its addresses from there."""
    vm.lab.sh("ip route add default via 10.10.0.1 dev br0")
    yield vm
    vm.lab.sh("ip route del default via 10.10.0.1 dev br0")
    kind = libvirt.VIR_DOMAIN_METADATA_ELEMENT
    vm.guest.domain.setMetadata(kind, None, "v", "urn:vnetmgr:1", BOTH)


def attach(vm: Vm, *options: str) -> CompletedProcess[str]:
    """A nic of passt's."""
    passt = ("--user", "--name", "net", "--mac", MAC, "--extra", "backend.type=passt")
    return vm("attach-nic", *passt, *options)


def has_passt(vm: Vm, *options: str) -> bool:
    """Whether this libvirt has passt; where it has not, the nic is refused."""
    if vm.lab.conn.getLibVersion() >= NOT_BUILT_IN:
        ok(attach(vm, *options))
        return True
    before = vm.documents()
    result = attach(vm, *options)
    assert result.returncode != 0
    assert "passt" in result.stderr
    assert vm.documents() == before
    return False


def serve(vm: Vm) -> None:
    """Bring the nic up in the guest, and serve a page."""
    vm.guest.dhcp(MAC)
    vm.guest.sh(
        f"mkdir -p /www && echo '{PAGE}' > /www/index.html; "
        "netstat -ltn | grep -q ':80 ' || httpd -p 80 -h /www"
    )


def test_a_forward_waits_in_the_config_and_a_replug_brings_it_about(routed: Vm) -> None:
    if not has_passt(routed):
        return
    ok(routed("add-forward", "8080:80"))
    config, live = routed.documents()
    assert "<portForward proto='tcp'>" in element(config, MAC)
    assert "<portForward" not in element(live, MAC)
    row = listed(routed)[8080]
    assert row["active"] is False
    assert "waits for the next start" in row["problems"][0]
    path = routed.lab.directory / "passt.yaml"
    path.write_text("version: 1\ndomains:\n  q35: {}\n")
    silent = routed.lab.vnetmgr("reconcile", path)
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")
    assert "repaired in live" in ok(routed.lab.vnetmgr("reconcile", path, *REPLUG))
    assert listed(routed)[8080]["active"] is True
    serve(routed)
    eventually(lambda: page(routed, 8080) == PAGE, "the page")
    assert page(routed, 8080, "10.10.0.2") == PAGE
    ok(routed("add-forward", "10.10.0.2:8100-8101:80-81", *REPLUG))
    serve(routed)
    eventually(lambda: page(routed, 8100, "10.10.0.2") == PAGE, "the page")
    assert page(routed, 8100) == ""
    assert page(routed, 8080) == PAGE
    ok(routed("remove-forward", "8080", *REPLUG))
    assert page(routed, 8080) == ""
    ok(routed("remove-forward", "10.10.0.2:8100-8101", *REPLUG))
    assert "portForward" not in "".join(routed.documents())
    assert "urn:vnetmgr" not in "".join(routed.documents())


def test_a_new_nic_has_its_forwards_with_it(routed: Vm) -> None:
    if not has_passt(routed, "--forward", "8080:80"):
        return
    for document in routed.documents():
        assert "<portForward proto='tcp'>" in element(document, MAC)
    assert listed(routed)[8080]["active"] is True
    serve(routed)
    eventually(lambda: page(routed, 8080) == PAGE, "the page")
    ok(routed("remove-forward", "8080", *REPLUG))
    ok(routed("detach-nic", "net"))
    path = routed.lab.directory / "passt.yaml"
    path.write_text(SPEC)
    ok(routed.lab.vnetmgr("apply", path))
    silent = routed.lab.vnetmgr("reconcile", path)
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")
    assert listed(routed)[8081]["active"] is True
    path.write_text("version: 1\ndomains: {q35: {forwards: none, prune: true, nics: {}}}\n")
    ok(routed.lab.vnetmgr("apply", path))
    assert listed(routed) == {}


def test_what_passt_cannot_listen_on_leaves_all_as_it_was(routed: Vm) -> None:
    if not has_passt(routed):
        return
    before = routed.documents()
    result = routed("add-forward", "10.99.0.1:8080:80", *REPLUG)
    assert result.returncode == 1
    assert "passt" in result.stderr
    assert routed.documents() == before
    assert listed(routed) == {}
