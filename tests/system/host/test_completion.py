"""Completion beside a real libvirtd: what only a host with guests, links and rules has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.driver.completion.shells import PATIENT
from tests.system.conftest import ok

if TYPE_CHECKING:
    from tests.lab import Lab
    from tests.system.conftest import Vm


def offered(lab: Lab, line: str) -> list[str]:
    """What fish is told of a line that begins as its last word does."""
    told = lab.run(
        [sys.executable, PATIENT, f"vnetmgr {line}"],
        env={**lab.environment, "_VNETMGR_COMPLETE": "fish", "LIBVIRT_DEFAULT_URI": lab.uri},
    )
    first, *rest = told.stdout.splitlines()
    assert (first, told.stderr) == ("words", "")
    found = [each.partition("\t")[0] for each in rest]
    return [each for each in found if each.startswith(line.split(" ")[-1])]


def test_what_a_host_has(nets: Vm) -> None:
    lab, name = nets.lab, nets.name
    ok(lab.vnetmgr("create-network", "lab", "--subnet", "192.168.177.0/24"))
    ok(nets("attach-nic", "--network", "lab", "--name", "lan"))
    ok(lab.vnetmgr("add-forward", name, "10.0.0.1:8080:80/udp", "--guest-address", "192.168.177.9"))
    ok(lab.vnetmgr("hold", f"{name}/lan", "--for", "2h"))
    nic = nets.nic("lan")
    links = sorted(lab.sh("ls /sys/class/net").split())  # the lab's, and those of tests before
    lines = {
        f"detach-nic {name} ": ["lan"],
        f"detach-nic {name} 52": [nic["mac"]],
        f"detach-nic {name} {nic['target'][:3]}": [nic["target"]],
        f"detach-nic {nets.guest.domain.ID()} ": ["lan"],
        f"detach-nic {nets.guest.domain.UUIDString()[:13]}": [nets.guest.domain.UUIDString()],
        "remove-forward ": [name],
        f"remove-forward {name} ": ["10.0.0.1:8080/udp"],
        "release ": [f"{name}/lan"],
        f"attach-nic {name} --bridge br": [each for each in links if each.startswith("br")],
        f"attach-nic {name} --direct la": [each for each in links if each.startswith("la")],
        f"update-nic {name} lan --filter clean-traffic-": ["clean-traffic-gateway"],
    }
    assert {line: offered(lab, line) for line in lines} == lines
    ok(lab.vnetmgr("release", f"{name}/lan"))
    ok(lab.vnetmgr("remove-forward", name, "10.0.0.1:8080/udp"))
