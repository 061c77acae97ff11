"""The hardened units under a real systemd: what they restrict, vnetmgr does not need."""

from __future__ import annotations

import json
import os
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import eventually
from tests.system.services.booted import PROGRAM, REPOSITORY, Booted, why_not_booted

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 120
ROOM = "<controller type='pci' model='pcie-root-port'/>" * 6
GUEST = (
    "<domain type='qemu'><name>web1</name><memory unit='MiB'>32</memory>"
    "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
    "<controller type='usb' model='none'/><controller type='pci' index='0' model='pcie-root'/>"
    f"{ROOM}<memballoon model='none'/></devices></domain>"
)
# A user's own, whom alone it lets in.
FOLDER = "/home/alice/a spec"
SPEC = """\
version: 1
networks:
  lab: {mode: nat, bridge: virbr-lab, subnets: [192.168.150.0/24]}
domains:
  web1:
    nics:
      mgmt: {network: lab, address: 192.168.150.10}
      outside: {user: {}}
    forwards:
      - {host_port: 8080, guest_port: 80, nic: mgmt, loopback: true}
      - {host_port: 8081, guest_port: 80, nic: outside}
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Booted]:
    """A machine with a guest that does nothing, and a user who may use libvirt."""
    if reason := why_not_booted():
        if os.environ.get("CI"):
            pytest.fail(f"CI can boot, but: {reason}")
        pytest.skip(reason)
    with Booted() as booted:
        booted.sh(
            f"useradd -mG libvirt alice; mkdir {shlex.quote(FOLDER)}; echo {shlex.quote(GUEST)} "
            "> guest.xml; virsh -q define guest.xml; virsh -q start web1 --paused"
        )
        write(booted, SPEC)
        booted.sh("chown -R alice: /home/alice; chmod -R go= /home/alice")
        yield booted


def write(host: Booted, text: str) -> None:
    """The spec."""
    host.sh(f"cat > {shlex.quote(f'{FOLDER}/web.yaml')} << 'END'\n{text}END")


def install(host: Booted, *options: str) -> None:
    """Write a service's files, and do what is said to begin it."""
    command = [str(PROGRAM), "install-service", FOLDER, "--allow", "restart,taint", *options]
    done = host.run(*command)
    assert done.returncode == 0, done.stderr
    (begin,) = re.findall("^now: (.*)$", done.stderr, re.MULTILINE)
    host.sh(begin)


def reconcile(host: Booted) -> None:
    """Have the timer's service do its work."""
    done = host.run("systemctl", "start", "vnetmgr-reconcile.service")
    assert done.returncode == 0, journal(host, "vnetmgr-reconcile")


def remove(host: Booted) -> None:
    """Take them away again, and do what is said to end."""
    done = host.run(PROGRAM, "install-service", "--remove")
    assert done.returncode == 0, done.stderr
    (end,) = re.findall("^now: (.*)$", done.stderr, re.MULTILINE)
    host.sh(end)


def journal(host: Booted, unit: str) -> list[tuple[int, str]]:
    """What a service's own lines are, and how much each matters."""
    text = host.sh(f"journalctl --unit={unit} --output=json _TRANSPORT=stdout")
    entries: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    return [(int(each["PRIORITY"]), each["MESSAGE"]) for each in entries]


def asked(host: Booted) -> bool:
    """Whether the host is as the spec has it; in the middle of a change it may look odd."""
    done = host.run(PROGRAM, "plan", FOLDER, "--check", "--allow", "restart,taint")
    return done.returncode == 0


def forwards(host: Booted) -> dict[int, bool]:
    """Host port -> whether it is forwarded."""
    listed = json.loads(host.vnetmgr("list-forwards", "-o", "json"))["items"]
    return {each["host_port"]: each["active"] for each in listed}


def dnsmasqs(host: Booted, network: str) -> set[str]:
    """The processes that serve a network."""
    return set(host.run("pgrep", "-f", f"dnsmasq/{network}.conf").stdout.split())


def test_watch_does_all_its_work(host: Booted) -> None:
    install(host, "--watch")
    eventually(lambda: asked(host), "all is as it should be", PATIENCE_S)
    assert forwards(host) == {8080: True, 8081: True}
    localnet = "/proc/sys/net/ipv4/conf/virbr-lab/route_localnet"
    assert host.sh(f"cat {localnet}") == "1\n"

    host.sh(f"nft delete table inet vnetmgr; echo 0 > {localnet}")
    eventually(lambda: forwards(host)[8080], "the rules are back")
    # Which is set behind a guard that stands.
    eventually(lambda: host.sh(f"cat {localnet}") == "1\n", "its switch as well")

    host.sh("virsh -q net-destroy lab")
    eventually(lambda: asked(host), "the network is back, with its nic", PATIENCE_S)

    # Killed in the middle of a start, libvirtd leaves a bridge and a dnsmasq, and has no network.
    before = dnsmasqs(host, "lab")
    assert before
    kill = "systemctl kill --kill-whom=main --signal=KILL libvirtd"
    host.sh(f"rm /run/libvirt/network/lab.xml; {kill}; systemctl restart libvirtd")
    eventually(lambda: asked(host), "the network is put together again", PATIENCE_S)
    # Its helper ends by itself behind it.
    eventually(lambda: not before & dnsmasqs(host, "lab"), "the old dnsmasq is gone")

    write(host, "domains: [what]\n")
    host.sh("systemctl reload vnetmgr-watch")
    wrong = f"{FOLDER}/web.yaml:1:"
    eventually(lambda: wrong in str(journal(host, "vnetmgr-watch")), "it says what is wrong")
    write(host, SPEC)
    said = journal(host, "vnetmgr-watch")
    assert said[0][0] == 6
    assert said[0][1].startswith("keeping ")
    assert (5, "nic web1/mgmt: added in config and live: network lab, virtio") in said
    assert {number for number, text in said if wrong in text} == {3}
    remove(host)
    assert host.run("systemctl", "is-active", "vnetmgr-watch").stdout == "inactive\n"
    assert host.run("systemctl", "is-enabled", "vnetmgr-watch").returncode
    assert host.run("systemctl", "--failed", "--quiet", "--no-legend").stdout == ""


def test_so_does_one_that_keeps_several_hosts(host: Booted) -> None:
    """This one is among them: its watch is a process of its own."""
    hosts = 'version: 1\nhosts: {here: {connect: "qemu:///system"}}\n'
    host.sh(f"mkdir -p /etc/vnetmgr && echo '{hosts}' > /etc/vnetmgr/hosts.yaml")
    install(host, "--watch", "--host", "here")
    eventually(lambda: asked(host), "all is as it should be", PATIENCE_S)
    host.sh("nft delete table inet vnetmgr; virsh -q net-destroy lab")
    eventually(lambda: asked(host), "the network is back, with its nic", PATIENCE_S)
    host.sh("systemctl restart libvirtd")
    back = "it is back"
    eventually(lambda: back in str(journal(host, "vnetmgr-watch")), "it is begun again", PATIENCE_S)
    # It forks before it says so; of what pgrep sees meanwhile one may not be itself yet.
    eventually(lambda: len(watches(host)) == 2, "the watch, and that of the host")
    host.sh("systemctl stop vnetmgr-watch")
    assert host.sh("systemctl show --property=Result --value vnetmgr-watch") == "success\n"
    assert not watches(host)
    remove(host)


def watches(host: Booted) -> list[str]:
    """The processes of the daemon."""
    return host.run("pgrep", "-f", "vnetmgr watch").stdout.split()


def test_a_run_writes_where_it_is_told_and_shares_its_lock(host: Booted) -> None:
    """The directory is another user's, and so is the lock; its name is not plain."""
    odd = shlex.quote('/var/lib/a b%c$d"e')
    host.sh(f"mkdir {odd}; chown alice: {odd}; chmod 755 {odd}; rm -rf /run/vnetmgr/*.lock")
    for command in ("hold --for 1h", "release"):
        host.sh(f"su alice -c 'umask 077; {PROGRAM} {command} web1 -c qemu:///system'")
    assert host.sh("stat -c %U /run/vnetmgr/*.lock") == "alice\n"
    install(host, "--timer", "--metrics-file", f"{shlex.split(odd)[0]}/x.prom")
    reconcile(host)
    assert host.sh(f"cd {odd}; su alice -c 'grep -c success{{.*1$ x.prom'") == "1\n"
    assert asked(host)
    remove(host)
    assert host.run("systemctl", "is-active", "vnetmgr-reconcile.timer").stdout == "inactive\n"


def test_another_host_is_reached_through_a_program(host: Booted) -> None:
    """As by ssh: libvirt's library takes all capabilities from what it runs."""
    lead = r"#!/bin/sh\nexec virt-ssh-helper qemu:///system\n"
    host.sh(f"printf '{lead}' > /root/lead; chmod +x /root/lead")
    write(host, "version: 1\nnetworks: {far: {mode: isolated, subnets: [192.168.9.0/24]}}\n")
    install(host, "--timer", "--force", "--connect", "qemu+ext:///system?command=/root/lead")
    reconcile(host)
    assert "far" in host.sh("virsh -q net-list --name")
    remove(host)


def test_metrics_and_doctor_see_all_that_there_is(host: Booted) -> None:
    """What they may not look at would be missing, or not checked."""
    unit = REPOSITORY / "templates/system/vnetmgr-metrics.service"
    run = f"s|/usr/local/bin/vnetmgr .*|{PROGRAM} metrics --listen 9477 --doctor-interval 1h|"
    write(host, SPEC)
    host.vnetmgr("reconcile", FOLDER, "--allow", "restart,taint")
    # A port that has just been made learns for a while, and then there is less to find.
    eventually(lambda: ("port-blocked", "warning") not in findings(host), "settled", PATIENCE_S)
    host.sh(
        f"sed -e '{run}' {seen_by_a_unit()} {unit} > /run/systemd/system/vnetmgr-metrics.service; "
        "systemctl daemon-reload; systemctl start vnetmgr-metrics"
    )
    eventually(lambda: "vnetmgr_doctor_finding{" in served(host), "doctor has looked")
    there, printed = series(served(host)), series(host.vnetmgr("metrics"))
    assert {each for each in there if "_doctor_" not in each} == printed
    assert any("vnetmgr_forward_active" in each for each in printed)
    assert any("vnetmgr_last_run_success" in each for each in printed)
    seen = re.findall(
        r'^vnetmgr_doctor_finding{.*check="([^"]*)".*status="([^"]*)"', served(host), re.MULTILINE
    )
    assert set(seen) == {
        (check, status)
        for check, status in findings(host)
        if status in ("broken", "warning", "not-checked")
    }


def findings(host: Booted) -> set[tuple[str, str]]:
    """What doctor finds now: each check with its status."""
    found = json.loads(host.run(PROGRAM, "doctor", "--output", "json").stdout)["items"]
    return {(each["check"], each["status"]) for each in found}


def seen_by_a_unit() -> str:
    """What sed has to make of a unit, for this checkout to be there for it: installed, vnetmgr is
    in none of these."""
    hidden = {"PrivateTmp": "/(var/)?tmp/", "ProtectHome": "/home/|/root/|/run/user/"}
    return " ".join(
        f"-e s/^{setting}=.*/{setting}=no/"
        for setting, places in hidden.items()
        if re.match(places, f"{REPOSITORY}/")
    )


def served(host: Booted) -> str:
    """What Prometheus reads."""
    read = "from urllib.request import urlopen as u; print(u('http://127.0.0.1:9477/metrics').read().decode())"
    return host.sh(f"python3 -c {shlex.quote(read)}")


def series(text: str) -> set[str]:
    """All of it but the values."""
    return {line.rpartition(" ")[0] for line in text.splitlines() if line[:1] not in ("", "#")}
