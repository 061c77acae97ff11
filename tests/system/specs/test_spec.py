"""Specs on a real libvirtd with real guests: made so, kept so, and nothing else touched."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from tests.lab import eventually
from tests.system.conftest import element, ok, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.lab import Lab
    from tests.system.conftest import Vm

MAC = "52:54:00:00:0c:01"
LAB = """
networks:
  lab:
    mode: nat
    subnets: [192.168.150.0/24]
    dns_domain: lab.internal
"""
BOTH = f"""
version: 1
{LAB}
domains:
  q35:
    nics:
      lan: {{bridge: br0, mac: {MAC}, mtu: 1400}}
      mgmt: {{network: lab, address: 192.168.150.10}}
"""


def write(lab: Lab, text: str, name: str = "spec.yaml") -> Path:
    """A spec file."""
    path = lab.directory / name
    path.write_text(text if "version:" in text else "version: 1\n" + text)
    return path


def nic_spec(options: str, *, name: str = "lan", domain: str = "q35") -> str:
    """A spec with one nic."""
    return f"version: 1\ndomains:\n  {domain}:\n    nics:\n      {name}: {{{options}}}\n"


def silent(result: CompletedProcess[str]) -> None:
    """The command had nothing to do, and did not speak of it."""
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def changes(result: CompletedProcess[str]) -> list[tuple[str, str, str]]:
    """What a JSON plan or report has: (action, object, name)."""
    found: list[dict[str, Any]] = json.loads(result.stdout)["changes"]
    return [(each["action"], each["object"], each["name"]) for each in found]


@pytest.mark.next
def test_a_spec_is_brought_about_and_stays(nets: Vm) -> None:
    lab, path = nets.lab, write(nets.lab, BOTH)
    assert ok(lab.vnetmgr("validate", path)).startswith("OK")
    assert lab.vnetmgr("plan", path, "--check").returncode == 3
    ok(lab.vnetmgr("apply", path))
    nics = {nic["name"]: nic for nic in nets.nics()}
    assert nics["lan"]["mac"] == MAC
    assert all(nic["owned"] and nic["in_config"] and nic["in_live"] for nic in nics.values())
    assert nets.guest.dhcp(nics["mgmt"]["mac"]) == "192.168.150.10"
    assert nets.guest.dhcp(MAC).startswith("10.10.0.")
    assert "nothing to do" in ok(lab.vnetmgr("plan", path, "--check"))
    before = nets.documents()
    ok(lab.vnetmgr("apply", path))
    silent(lab.vnetmgr("reconcile", path))
    assert nets.documents() == before
    network = json.loads(ok(lab.vnetmgr("show-network", "lab", "-o", "json")))
    assert network["owned"]


def test_everything_survives_a_restart_of_libvirtd(nets: Vm) -> None:
    path = write(nets.lab, BOTH)
    ok(nets.lab.vnetmgr("apply", path))
    nets.lab.restart_libvirtd()
    silent(nets.lab.vnetmgr("reconcile", path))


def test_what_waits_is_said_once_and_is_silent_then(nets: Vm) -> None:
    ok(nets.lab.vnetmgr("apply", write(nets.lab, nic_spec("bridge: br0"))))
    path = write(nets.lab, nic_spec("bridge: br0, mtu: 1400"))
    first = nets.lab.vnetmgr("reconcile", path)
    assert "waits for the next start" in ok(first)
    silent(nets.lab.vnetmgr("reconcile", path))
    assert ok(nets.lab.vnetmgr("plan", path, "--check")).strip() == "nothing to do"
    assert "mtu" in ok(nets.lab.vnetmgr("plan", path, "--show-waiting"))
    ok(nets.lab.vnetmgr("reconcile", path, "--allow", "replug"))
    assert element(nets.documents()[1], nets.nic("lan")["mac"]).count("<mtu size='1400'/>") == 1


def _detach_live(vm: Vm) -> None:
    nic = element(vm.documents()[1], MAC)
    vm.guest.domain.detachDeviceFlags(nic, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    _let_go(vm)


def _detach_both(vm: Vm) -> None:
    nic = element(vm.documents()[0], MAC)
    both = libvirt.VIR_DOMAIN_AFFECT_LIVE | libvirt.VIR_DOMAIN_AFFECT_CONFIG
    vm.guest.domain.detachDeviceFlags(nic, both)
    _let_go(vm)


def _let_go(vm: Vm) -> None:
    eventually(lambda: MAC not in vm.documents()[1], "the guest lets go")


def _move(vm: Vm) -> None:
    for document, flag in zip(
        vm.documents(),
        (libvirt.VIR_DOMAIN_AFFECT_CONFIG, libvirt.VIR_DOMAIN_AFFECT_LIVE),
        strict=True,
    ):
        nic = element(document, MAC).replace("bridge='br0'", "bridge='br1'")
        vm.guest.domain.updateDeviceFlags(nic, flag)


def _unplug_tap(vm: Vm) -> None:
    vm.lab.sh(f"ip link set {vm.nic('lan')['target']} nomaster")


def _wrong_bridge(vm: Vm) -> None:
    vm.lab.sh(f"ip link set {vm.nic('lan')['target']} master br1")


def _stop_network(vm: Vm) -> None:
    vm.lab.conn.networkLookupByName("lab").destroy()


def _restart_network(vm: Vm) -> None:
    network = vm.lab.conn.networkLookupByName("lab")
    network.destroy()
    network.create()


def _no_autostart(vm: Vm) -> None:
    vm.lab.conn.networkLookupByName("lab").setAutostart(0)


def _delete_network(vm: Vm) -> None:
    network = vm.lab.conn.networkLookupByName("lab")
    network.destroy()
    network.undefine()


MEDDLING = {
    "unplugged live": _detach_live,
    "taken out": _detach_both,
    "moved to another bridge": _move,
    "its tap taken off the bridge": _unplug_tap,
    "its tap on another bridge": _wrong_bridge,
    "network off": _stop_network,
    "network restarted under its guests": _restart_network,
    "network deleted": _delete_network,
    "network no longer started with the host": _no_autostart,
}


@pytest.mark.next
@pytest.mark.parametrize("meddle", MEDDLING.values(), ids=MEDDLING.keys())
def test_what_others_broke_is_repaired(nets: Vm, meddle: Callable[[Vm], None]) -> None:
    """Proven by packets from the guest, on both nics."""
    path = write(nets.lab, BOTH)
    ok(nets.lab.vnetmgr("apply", path))
    meddle(nets)
    said = ok(nets.lab.vnetmgr("reconcile", path))
    assert said
    silent(nets.lab.vnetmgr("reconcile", path))
    assert nets.guest.dhcp(MAC).startswith("10.10.0.")
    assert nets.guest.dhcp(nets.nic("mgmt")["mac"]) == "192.168.150.10"


def test_autostart_is_as_the_spec_says(nets: Vm) -> None:
    """It starts with the host, unless the spec says no."""
    path = write(nets.lab, LAB)
    ok(nets.lab.vnetmgr("apply", path))
    _no_autostart(nets)
    ok(nets.lab.vnetmgr("reconcile", path))
    assert nets.lab.conn.networkLookupByName("lab").autostart()
    path = write(nets.lab, LAB + "    autostart: no\n")
    ok(nets.lab.vnetmgr("reconcile", path))
    assert not nets.lab.conn.networkLookupByName("lab").autostart()
    silent(nets.lab.vnetmgr("reconcile", path))


def test_what_the_spec_does_not_mention_is_left_alone(nets: Vm) -> None:
    path = write(nets.lab, BOTH)
    ok(nets.lab.vnetmgr("apply", path))
    ok(nets("update-nic", "lan", "--inbound", "10mbit", "--link", "down"))
    ok(nets("attach-nic", "--bridge", "br1", "--name", "theirs"))
    ok(nets.lab.vnetmgr("update-network", "lab", "--portgroup", "guests,inbound=1mbit"))
    before = nets.documents()
    silent(nets.lab.vnetmgr("reconcile", path, "--prune"))
    assert nets.documents() == before


def test_prune_takes_owned_things_alone(nets: Vm) -> None:
    ok(nets("attach-nic", "--bridge", "br1", "--name", "theirs"))
    ok(nets.lab.vnetmgr("create-network", "other"))
    ok(nets.lab.vnetmgr("apply", write(nets.lab, BOTH)))
    path = write(nets.lab, nic_spec(f"bridge: br0, mac: {MAC}"))
    silent(nets.lab.vnetmgr("reconcile", path))
    ok(nets.lab.vnetmgr("reconcile", path, "--prune"))
    assert sorted(nic["name"] for nic in nets.nics()) == ["lan", "theirs"]
    assert [each.name() for each in nets.lab.conn.listAllNetworks()] == ["other"]
    silent(nets.lab.vnetmgr("reconcile", path, "--prune"))


def test_adopting_by_mac_changes_no_mac_model_name_or_slot(nets: Vm) -> None:
    ok(nets("attach-nic", "--bridge", "br1", "--name", "theirs", "--mac", MAC, "--model", "e1000e"))
    before = nets.nic("theirs")
    slot = re.findall(r"<address type='pci'.*?/>", element(nets.documents()[1], MAC))
    ok(nets.lab.vnetmgr("apply", write(nets.lab, nic_spec(f"bridge: br0, mac: {MAC}"))))
    after = nets.nic("theirs")
    assert {**after, "source": "br1", "addresses": []} == {**before, "addresses": []}
    assert after["source"] == "br0"
    assert not after["owned"]
    assert re.findall(r"<address type='pci'.*?/>", element(nets.documents()[1], MAC)) == slot


def test_matches_that_disagree_are_refused(nets: Vm) -> None:
    ok(nets("attach-nic", "--bridge", "br1", "--name", "lan"))
    ok(nets("attach-nic", "--bridge", "br1", "--name", "other", "--mac", MAC))
    path = write(nets.lab, nic_spec(f"bridge: br0, mac: {MAC}"))
    said = refused(nets.lab.vnetmgr("apply", path), 4)
    assert f"{path}:5:7: domain q35: nic lan of the spec could be each of" in said


def test_one_that_is_broken_holds_up_no_other(nets: Vm) -> None:
    broken = BOTH.replace("bridge: br0", "bridge: br9")
    path = write(nets.lab, broken)
    result = nets.lab.vnetmgr("reconcile", path)
    assert result.returncode == 1
    assert "bridge br9 does not exist" in result.stderr
    assert [nic["name"] for nic in nets.nics()] == ["mgmt"]
    again = nets.lab.vnetmgr("reconcile", path)
    assert (again.returncode, again.stdout) == (1, "")


def test_a_domain_that_is_elsewhere(nets: Vm) -> None:
    path = write(nets.lab, nic_spec("bridge: br0", domain="moved-away"))
    silent(nets.lab.vnetmgr("reconcile", path))
    assert "moved-away is not on this host: skipped" in nets.lab.vnetmgr("apply", path).stderr
    assert "moved-away" in refused(nets.lab.vnetmgr("reconcile", path, "--strict"), 1)


def test_a_plan_that_is_suspiciously_large(nets: Vm) -> None:
    path = write(nets.lab, BOTH)
    said = refused(nets.lab.vnetmgr("apply", path, "--max-changes", "1"), 4)
    assert "--max-changes allows 1" in said
    assert nets.nics() == []
    assert nets.lab.conn.listAllNetworks() == []


def test_a_hold_keeps_everybody_away(nets: Vm) -> None:
    path = write(nets.lab, nic_spec("bridge: br0"))
    ok(nets.lab.vnetmgr("apply", path))
    ok(nets.lab.vnetmgr("hold", "q35/lan", "--for", "1h", "--reason", "moving <cables>"))
    moved = write(nets.lab, nic_spec("bridge: br1"))
    silent(nets.lab.vnetmgr("reconcile", moved))
    assert "moving <cables>" in nets.lab.vnetmgr("apply", moved).stderr
    assert nets.nic("lan")["source"] == "br0"
    ok(nets.lab.vnetmgr("release", "q35/lan"))
    ok(nets.lab.vnetmgr("reconcile", moved))
    assert nets.nic("lan")["source"] == "br1"
    assert "there is no hold" in refused(nets.lab.vnetmgr("release", "q35/lan"), 1)
    assert "<vnetmgr:hold" not in nets.documents()[0]


def test_files_for_cron(nets: Vm) -> None:
    lab, path = nets.lab, write(nets.lab, nic_spec("bridge: br0"))
    report, metrics = lab.directory / "report.json", lab.directory / "vnetmgr.prom"
    files = ("--report-file", str(report), "--metrics-file", str(metrics))
    ok(lab.vnetmgr("reconcile", path, *files))
    assert [each["result"] for each in json.loads(report.read_text())["changes"]] == ["done"]
    assert 'result="done"} 1' in metrics.read_text()
    silent(lab.vnetmgr("reconcile", path, *files))
    assert json.loads(report.read_text())["changes"] == []
    assert 'result="done"} 0' in metrics.read_text()
    assert re.search(r"vnetmgr_last_run_success\{host=\".+\"\} 1\n", metrics.read_text())
    assert not list(lab.directory.glob(".vnetmgr.prom*"))


def test_dry_runs(nets: Vm) -> None:
    path = write(nets.lab, BOTH)
    for command, code in (("reconcile", 3), ("apply", 0)):
        result = nets.lab.vnetmgr(command, path, "--dry-run")
        assert result.returncode == code
        assert "+ nic q35/lan" in result.stdout
    assert nets.nics() == []
    ok(nets.lab.vnetmgr("apply", path))
    silent(nets.lab.vnetmgr("reconcile", path, "--dry-run"))


def test_documents_of_a_plan(nets: Vm) -> None:
    said = ok(nets.lab.vnetmgr("plan", write(nets.lab, BOTH), "--xml"))
    headings = [line for line in said.splitlines() if line.startswith("# q35: ")]
    assert headings[:2] == ["# q35: AttachDevice in live", "# q35: AttachDevice in config"]
    assert "<interface" in said
    assert "<network" in said


@pytest.mark.next
def test_a_guest_notices_nothing_of_what_does_not_concern_it(nets: Vm) -> None:
    """Twenty applies that change other things, and a ping without one lost packet."""
    ok(nets.lab.vnetmgr("apply", write(nets.lab, BOTH)))
    nets.guest.dhcp(MAC)
    nets.guest.sh("ping -i 0.1 -c 200 10.10.0.1 > /tmp/ping 2>&1 &")
    for number in range(20):
        text = BOTH + f"      extra: {{bridge: br1, inbound: {number + 1}mbit}}\n"
        text = text.replace("dns_domain", f"portgroups: {{g{number}: {{}}}}\n    dns_domain")
        ok(nets.lab.vnetmgr("apply", write(nets.lab, text), timeout=180))
    printed = eventually(
        lambda: "transmitted" in (said := nets.guest.sh("cat /tmp/ping")) and said, "ping ends"
    )
    assert re.search(r"200 packets transmitted, 200 packets received", str(printed)), printed


@pytest.mark.next
def test_a_live_move_is_a_link_flap_and_no_more(nets: Vm) -> None:
    ok(nets.lab.vnetmgr("apply", write(nets.lab, nic_spec(f"bridge: br0, mac: {MAC}"))))
    nets.guest.dhcp(MAC)
    link = nets.guest.link(MAC)
    index = nets.guest.sh(f"cat /sys/class/net/{link}/ifindex")
    changes = f"cat /sys/class/net/{link}/carrier_changes"
    before = int(nets.guest.sh(changes))
    result = nets.lab.vnetmgr(
        "apply", write(nets.lab, nic_spec(f"bridge: br1, mac: {MAC}")), "-o", "json"
    )
    (change,) = json.loads(ok(result))["changes"]
    assert change["disruption"] == "link-flap"
    assert nets.guest.sh(f"cat /sys/class/net/{link}/ifindex") == index
    eventually(lambda: int(nets.guest.sh(changes)) == before + 2, "the guest has seen both")
    assert nets.guest.dhcp(MAC).startswith("10.11.0.")


def test_a_part_that_has_a_problem_is_left_alone_and_the_rest_is_done(nets: Vm) -> None:
    lab = nets.lab
    folder = lab.directory / "conf.d"
    folder.mkdir()
    good = f"version: 1\nprune: true\n{LAB}domains: {{q35: {{nics: {{mgmt: {{network: lab}}}}}}}}\n"
    extra = "version: 1\ndomains: {q35: {nics: {lan: {bridge: br0}}}}\n"
    try:
        (folder / "a.yaml").write_text(good)
        (folder / "b.yaml").write_text(extra)
        ok(lab.vnetmgr("reconcile", folder))
        assert {nic["name"] for nic in nets.nics()} == {"lan", "mgmt"}
        # lan may stand in what cannot be read: it is not pruned; and the network is mended.
        (folder / "b.yaml").write_text("version: 1\ndomains: {q35: {nics: {")
        (folder / "a.yaml").write_text(good.replace("lab.internal", "lab.example"))
        result = lab.vnetmgr("reconcile", folder, "--allow", "restart")
        assert result.returncode == 1
        assert f"{folder}/b.yaml:" in result.stderr
        assert "dns_domain lab.internal -> lab.example" in result.stdout
        assert {nic["name"] for nic in nets.nics()} == {"lan", "mgmt"}
        for command in ("plan", "apply"):
            refused_spec = lab.vnetmgr(command, folder)
            assert (refused_spec.returncode, refused_spec.stdout) == (2, "")
        assert lab.vnetmgr("reconcile", folder, "--all-or-nothing").returncode == 2
        # A domain with a mistake is left alone, in all files.
        (folder / "b.yaml").write_text("version: 1\ndomains: {q35: {nic: {}}}\n")
        ok(nets("detach-nic", "mgmt"))
        result = lab.vnetmgr("reconcile", folder)
        assert (result.returncode, result.stdout) == (1, "")
        assert "nic is no key of a domain" in result.stderr
        assert {nic["name"] for nic in nets.nics()} == {"lan"}
        (folder / "b.yaml").unlink()
        ok(lab.vnetmgr("reconcile", folder))
        assert {nic["name"] for nic in nets.nics()} == {"mgmt"}
    finally:
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()
