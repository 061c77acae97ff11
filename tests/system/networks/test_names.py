"""Names as guests hear them: from servers that a network's DNS asks in turn, all below a domain,
and none where it has no DNS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import eventually
from tests.system.conftest import ok, refused
from tests.system.plugged import everything, plug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab
    from tests.system.conftest import Vm
    from tests.system.plugged import Plugged

pytestmark = pytest.mark.next

GATEWAY, SUBNET = "192.168.61.1", "192.168.61.0/24"
# DNS servers on the host, and what each answers to any name.
SERVERS = {"10.53.0.1": "198.51.100.1", "10.53.0.2": "198.51.100.2"}
OURS, THEIRS = SERVERS.values()
NETWORK = ("--mode", "isolated", "--subnet", SUBNET, "--dns-domain", "lab.test", "--no-stp")


@pytest.fixture(scope="module", autouse=True)
def servers(lab: Lab) -> Iterator[None]:
    """They run."""
    for address, answer in SERVERS.items():
        lab.sh(
            f"ip address add {address}/32 dev lo; dnsmasq --conf-file=/dev/null --user=root "
            f"--bind-interfaces --except-interface=lo --listen-address={address} --no-resolv "
            f"--no-hosts --address=/#/{answer} --pid-file={lab.directory}/{address}.pid"
        )
    yield
    for address in SERVERS:
        lab.sh(
            f"read -r pid < {lab.directory}/{address}.pid; kill $pid;"
            " while kill -0 $pid 2> /dev/null; do sleep 0.02; done;"
            f" ip address del {address} dev lo"
        )


@pytest.fixture
def lan(nets: Vm) -> Plugged:
    """A nic of the guest on a network that asks one server for a domain, and another for the
    rest."""
    first, second = SERVERS
    forwarders = (f"{first},domain=corp.test", "domain=own.corp.test", second)
    words = [word for each in forwarders for word in ("--dns-forwarder", each)]
    only = ("--dns-local-only", "--no-dns-forward-plain-names", "--dns-option", "cache-size=0")
    ok(nets.lab.vnetmgr("create-network", "lab", *NETWORK, *words, *only))
    return on(nets)


def on(vm: Vm) -> Plugged:
    lan = plug(vm, "lan", "--network", "lab")
    lan.take("192.168.61.9/24")
    lan.reach(GATEWAY)
    return lan


def answer(lan: Plugged, name: str, kind: str = "a") -> list[str]:
    """The addresses that the network's DNS has for a name."""
    _, printed = lan.vm.guest.run(f"nslookup -type={kind} {name} {GATEWAY}")
    said = printed.partition("\n\n")[2]
    return sorted(re.findall(r"^Address: *(\S+)$", said, re.MULTILINE))


def hears(lan: Plugged, name: str, *addresses: str, kind: str = "a") -> None:
    """Wait for an answer: dnsmasq takes a moment to begin."""
    eventually(lambda: answer(lan, name, kind) == sorted(addresses), f"{name}: {addresses}")


def test_names_are_asked_for_where_the_network_says(lan: Plugged) -> None:
    hears(lan, "www.corp.test", OURS)
    hears(lan, "corp.test", OURS)
    # The domain alone: whoever has all names is asked, and not whoever has the domain around it.
    hears(lan, "www.own.corp.test", THEIRS)
    hears(lan, "www.example.test", THEIRS)
    hears(lan, "nobody.lab.test")
    hears(lan, "nobody")


def test_all_names_below_a_domain_have_the_addresses_of_a_wildcard(lan: Plugged) -> None:
    lab = lan.vm.lab
    wildcard = ("lab", "--wildcard", "*.apps.lab.test")
    before = everything(lab)
    said = refused(lab.vnetmgr("add-dns-record", *wildcard, "192.168.61.5"), 4)
    assert "wildcard *.apps.lab.test 192.168.61.5 [restart] needs a restart" in said
    assert everything(lab) == before
    for address in ("192.168.61.5", "fd00:61::5"):
        ok(lab.vnetmgr("add-dns-record", *wildcard, address, "--allow", "restart"))
    lan.reach(GATEWAY)
    hears(lan, "a.apps.lab.test", "192.168.61.5")
    hears(lan, "b.a.apps.lab.test", "fd00:61::5", kind="aaaa")
    hears(lan, "a.lab.test")
    again = lab.vnetmgr("add-dns-record", *wildcard, "--address", "192.168.61.5")
    assert (again.returncode, "already" in again.stderr) == (0, True)
    ok(lab.vnetmgr("remove-dns-record", *wildcard, "192.168.61.5", "--allow", "restart"))
    lan.reach(GATEWAY)
    hears(lan, "a.apps.lab.test")
    hears(lan, "a.apps.lab.test", "fd00:61::5", kind="aaaa")
    assert "takes one value, not 2" in refused(
        lab.vnetmgr("add-dns-record", *wildcard, "10.0.0.5", "--address", "10.0.0.6"), 2
    )


def test_a_guest_is_told_of_no_dns_where_it_is_off(nets: Vm) -> None:
    lab = nets.lab
    made = lab.vnetmgr("create-network", "lab", *NETWORK, "--dns", "off")
    assert "guests are given no DNS server" in (ok(made), made.stderr)[1]
    lan = on(nets)
    assert lan.vm.guest.dhcp(lan.mac).startswith("192.168.61.")
    assert offered(lan) == ["domain=lab.test"]
    hears(lan, "a.lab.test")
    before = everything(lab)
    said = refused(lab.vnetmgr("add-dns-record", "lab", "--host", "nas", "192.168.61.5"), 2)
    assert "network lab answers no DNS: its dns is off" in said
    assert everything(lab) == before
    doctor = lab.vnetmgr("doctor", "q35/lan")
    assert "broken" not in doctor.stdout, doctor.stdout
    ok(lab.vnetmgr("update-network", "lab", "--dns", "on", "--allow", "restart"))
    lan.reach(GATEWAY)
    eventually(lambda: offered(lan) == [f"dns={GATEWAY}", "domain=lab.test"], "a DNS server")


def offered(lan: Plugged) -> list[str]:
    """What DHCP tells the guest of names."""
    script = "echo 'env | grep -E \"^(dns|domain)=\" | sort' > /tmp/say; chmod +x /tmp/say"
    asked = f"udhcpc -i {lan.link} -n -q -f -t 20 -T 2 -s /tmp/say 2>/dev/null"
    return lan.vm.guest.sh(f"{script}; {asked}").split()


def test_what_dnsmasq_refuses_leaves_the_network_as_it_was(lan: Plugged) -> None:
    """No table of options knows the values of all of them."""
    lab, before, carrier = lan.vm.lab, everything(lan.vm.lab), lan.carrier_changes()
    option = ("--dns-option", "server=/x/no-such-server", "--allow", "restart")
    said = refused(lab.vnetmgr("update-network", "lab", *option), 1)
    assert "Cannot resolve server name" in said
    assert everything(lab).networks == before.networks
    lan.reach(GATEWAY)
    hears(lan, "www.corp.test", OURS)
    assert lan.carrier_changes() == carrier


def test_names_on_the_host(lab: Lab, nets: Vm) -> None:
    """No lab has a systemd-resolved; one that there seems to be is as far as libvirt gets."""
    create = ("create-network", "lab", *NETWORK, "--register-names")
    said = refused(lab.vnetmgr(*create), 4)
    assert f"resolvectl dns BRIDGE {GATEWAY} && resolvectl domain BRIDGE '~lab.test'" in said
    assert f"server=/lab.test/{GATEWAY}" in said
    if lab.conn.getLibVersion() < 10_001_000:
        return
    lab.sh("mkdir -p /run/systemd/resolve; touch /run/systemd/resolve/io.systemd.Resolve")
    assert "systemd-resolved is not available" in refused(lab.vnetmgr(*create), 1)
    assert lab.conn.listAllNetworks() == []
    ok(lab.vnetmgr(*create, "--no-start"))
    document = lab.sh("virsh net-dumpxml lab")
    assert "<domain name='lab.test' localOnly='yes' register='yes'/>" in document
    lab.sh("rm /run/systemd/resolve/io.systemd.Resolve")
