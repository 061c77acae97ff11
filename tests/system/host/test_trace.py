"""trace says what a real guest's pings then meet: over a bridge, by NAT, to the host; and what
stops them, or their answers, is named."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.lab.waiting import eventually
from tests.system.conftest import Vm, forget_networks
from tests.system.plugged import Plugged, make_network, plug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab

LAN, HOST, GATEWAY = "10.10.0.1", "10.10.0.2", "gateway"


class Host(NamedTuple):
    """A guest with a nic on the LAN's bridge, and one in a NAT network that leads out there."""

    lab: Lab
    nics: dict[str, Plugged]

    def trace(self, nic: str, destination: str) -> dict[str, Any]:
        words = ("trace", f"{self.nics[nic].vm.name}/{nic}", destination, "-o", "json")
        result = self.lab.vnetmgr(*words)
        assert result.returncode in (0, 1), result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        assert (found["verdict"] == "delivered") is (result.returncode == 0)
        return found

    def ping(self, nic: str, destination: str) -> bool:
        """Whether the guest has an answer."""
        plugged = self.nics[nic]
        line = f"ping -c 1 -W 1 -I {plugged.link} {destination} >/dev/null && echo yes || echo no"
        return "yes" in plugged.vm.guest.sh(line)


@pytest.fixture(scope="module")
def host(q35: Vm) -> Iterator[Host]:
    lab = q35.lab
    q35.strip()
    forget_networks(lab)
    make_network(lab, "lab")
    nics = {
        "lan": plug(q35, "lan", "--bridge", "br0"),
        "mgmt": plug(q35, "mgmt", "--network", "lab"),
    }
    for nic in nics.values():
        q35.guest.dhcp(nic.mac)
    host = Host(lab, nics)
    eventually(lambda: host.ping("lan", LAN), "the guest reaches its LAN")
    yield host
    q35.strip()
    forget_networks(lab)


CALLS = "sysctl -qw net.bridge.bridge-nf-call-iptables"
RULES = "nft -f - <<'X'\n{}\nX"
FORWARD = "type filter hook forward priority 5; policy accept;"


class Scene(NamedTuple):
    """What is done to the host, and what it means for pings."""

    make: str
    mend: str
    pings: dict[tuple[str, str], bool]
    stopped_by: str = ""
    """A part of the reason."""


def table(family: str, rule: str, hook: str = FORWARD) -> tuple[str, str]:
    """A table of somebody's with one rule: what makes it, what takes it away."""
    text = f"table {family} corp {{\n chain c {{ {hook}\n {rule}\n }}\n}}"
    return RULES.format(text), f"nft delete table {family} corp"


SCENES = {
    "as it is meant": Scene(
        ":",
        ":",
        {("lan", LAN): True, ("lan", HOST): True, ("mgmt", GATEWAY): True, ("mgmt", LAN): True},
    ),
    "br_netfilter and FORWARD drop": Scene(
        f"{CALLS}=1; iptables -P FORWARD DROP",
        f"{CALLS}=0; iptables -P FORWARD ACCEPT",
        {("lan", LAN): False, ("lan", HOST): True, ("mgmt", LAN): True},
        "chain FORWARD: policy drop",
    ),
    "a drop in the bridge family": Scene(
        *table("bridge", f"ip daddr {LAN} icmp type echo-request drop"),
        {("lan", LAN): False, ("lan", HOST): True, ("mgmt", LAN): True},
        "table bridge corp, chain c",
    ),
    "answers are dropped": Scene(
        *table("inet", "ct state established drop"),
        {("lan", LAN): True, ("mgmt", LAN): False, ("mgmt", GATEWAY): True},
        "the answer: a rule drops it: table inet corp, chain c",
    ),
    "iptables of the old kind": Scene(
        "iptables-legacy -A FORWARD -p icmp -j DROP",
        "iptables-legacy -D FORWARD -p icmp -j DROP",
        {("lan", LAN): True, ("mgmt", LAN): False, ("mgmt", GATEWAY): True},
        "iptables-legacy filter, chain FORWARD: -A FORWARD -p icmp -j DROP",
    ),
    "INPUT drops": Scene(
        *table(
            "inet",
            'iifname "virbr*" icmp type echo-request drop',
            "type filter hook input priority 0; policy accept;",
        ),
        {("lan", HOST): True, ("mgmt", GATEWAY): False, ("mgmt", LAN): True},
        "table inet corp, chain c",
    ),
    "no forwarding": Scene(
        "sysctl -qw net.ipv4.ip_forward=0",
        "sysctl -qw net.ipv4.ip_forward=1",
        {("lan", LAN): True, ("mgmt", LAN): False, ("mgmt", GATEWAY): True},
        "net.ipv4.ip_forward is 0",
    ),
}


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_what_is_said_is_what_happens(host: Host, scene: Scene) -> None:
    host.lab.sh(scene.make)
    try:
        for (nic, destination), arrives in scene.pings.items():
            found = host.trace(nic, destination)
            assert found["verdict"] == ("delivered" if arrives else "dropped"), found
            assert arrives or scene.stopped_by in found["reason"], found["reason"]
            if arrives:  # on a busy machine not always within a second
                answered = partial(host.ping, nic, found["destination"])
                eventually(answered, f"an answer to {nic} from {destination}")
            else:
                assert not host.ping(nic, found["destination"]), (nic, destination)
    finally:
        host.lab.sh(scene.mend)
