"""Port forwards into networks: from everywhere, over everything, and back after whatever ends them.

The guest answers with the address that it sees its client at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.asking import ASKING
from tests.lab.waiting import eventually
from tests.system.conftest import forget_networks, ok, refused
from tests.system.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.lab import Guest, Lab

pytestmark = pytest.mark.firewall

MAC, OTHER_MAC = "52:54:00:00:70:01", "52:54:00:00:70:02"
NETWORK, BRIDGE = "fwd", "virbr70"
V4, V6 = "192.168.70", "fd00:70::"
GUEST_V6, OTHER_V6 = f"{V6}5054:ff:fe00:7001", f"{V6}5054:ff:fe00:7002"
# What the lab's host and the outside have on br0.
HOST, OUTSIDE = {4: "10.10.0.2", 6: "fd00:10::2"}, {4: "10.10.0.1", 6: "fd00:10::1"}
# As `ask` says it on the host, and in a guest.
LATE = ("no answer (timed out)",)
FORWARD_MODES = {
    "nat": "<forward mode='nat'/>",
    "routed": "<forward mode='route'/>",
    "open": "<forward mode='open'/>",
    "isolated": "",
}


def document(mode: str) -> str:
    """The network in one mode, with DHCP for IPv4 and router advertisements for IPv6."""
    return (
        f"<network><name>{NETWORK}</name>{FORWARD_MODES[mode]}"
        f"<bridge name='{BRIDGE}' stp='off' delay='0'/><mac address='52:54:00:70:00:01'/>"
        f"<ip address='{V4}.1' prefix='24'>"
        f"<dhcp><range start='{V4}.100' end='{V4}.150'/></dhcp></ip>"
        f"<ip family='ipv6' address='{V6}1' prefix='64'/></network>"
    )


def nic(mac: str, name: str) -> str:
    """A nic on the network."""
    return (
        f"<interface type='network'><source network='{NETWORK}'/><mac address='{mac}'/>"
        f"<model type='virtio'/><alias name='ua-{name}'/></interface>"
    )


@dataclass(frozen=True)
class Site:
    """A server behind the network, another guest beside it, and everybody who may ask."""

    lab: Lab
    server: Guest
    other: Guest

    def ask(self, source: str, protocol: str, host: str, port: int = 8080) -> str:
        """What somebody is answered: outside, host, guest (another one of the network)."""
        if source == "guest":
            return self._ask_from_guest(protocol, host, port)
        argv = [*ASKING, protocol, host, str(port)]
        lan = self.lab.lan("br0")
        run = lan.run(argv) if source == "outside" else self.lab.run(argv)
        return ok(run).strip()

    def _ask_from_guest(self, protocol: str, host: str, port: int) -> str:
        code, said = self.other.run(f"/lib/lab/ask {protocol} {host} {port}", 60)
        return said.strip() if code == 0 else f"no answer ({said.strip()})"

    def answer(self, source: str, protocol: str, host: str, port: int = 8080) -> str:
        """What somebody is answered who gets there: he asks again where a busy machine has let him
        wait for too long."""
        patience = 10
        while (said := self.ask(source, protocol, host, port)) in LATE and patience:
            patience -= 1
        return said

    def vnetmgr(self, *arguments: str) -> str:
        """Run vnetmgr; it has to work."""
        return ok(self.lab.vnetmgr(*arguments))

    def forwards(self) -> list[dict[str, Any]]:
        """What list-forwards says."""
        items: list[dict[str, Any]] = json.loads(self.vnetmgr("list-forwards", "-o", "json"))[
            "items"
        ]
        return items

    def reconcile(self) -> str:
        """Repair what is lost, twice: the second run has nothing to do."""
        said = self.vnetmgr("reconcile")
        assert self.vnetmgr("reconcile") == ""
        return said

    def leftovers(self) -> str:
        """What of vnetmgr is in this host's kernel, and in the domain."""
        kernel = self.lab.sh(
            "nft list ruleset | grep -i vnetmgr; iptables -S | grep -i vnetmgr;"
            f" ip6tables -S | grep -i vnetmgr;"
            f" grep -l 1 /proc/sys/net/ipv4/conf/{BRIDGE}/route_localnet",
            check=False,
        )
        config = self.server.domain.XMLDesc(2)
        return kernel + ("vnetmgr metadata" if "urn:vnetmgr" in config else "")


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    """The network in NAT mode; guests with their addresses, that answer on port 80."""
    forget_networks(lab)
    lab.conn.networkDefineXML(document("nat")).create()
    lab.sh(f"ip -6 address add {HOST[6]}/64 dev br0 nodad; sysctl -q -w net.ipv4.ip_forward=1")
    lab.lan("br0").sh(
        f"ip -6 address add {OUTSIDE[6]}/64 dev eth0 nodad; ip -6 route add default via {HOST[6]}"
    )
    server = lab.guest("web1", nics=(nic(MAC, "mgmt"),), flavour="server")
    other = lab.guest("web2", nics=(nic(OTHER_MAC, "mgmt"),), flavour="server")
    for guest, mac in ((server, MAC), (other, OTHER_MAC)):
        guest.dhcp(mac)
        for protocol in ("tcp", "udp"):
            guest.sh(f"/lib/lab/answer {protocol} 80 {guest.name} > /dev/null 2>&1 &")
    made = Site(lab, server, other)
    eventually(lambda: ping6(lab), "the guests have their IPv6 addresses")
    yield made
    for each in (server, other):
        each.destroy()
    forget_networks(lab)
    lab.sh(f"ip -6 address del {HOST[6]}/64 dev br0", check=False)
    lab.lan("br0").sh(f"ip -6 address del {OUTSIDE[6]}/64 dev eth0", check=False)


def ping6(lab: Lab) -> bool:
    """Whether the guests have their IPv6 addresses by now."""
    pings = (["ping", "-c1", "-W1", address] for address in (GUEST_V6, OTHER_V6))
    return all(lab.run(ping).returncode == 0 for ping in pings)


@pytest.fixture
def forwarded(site: Site) -> Iterator[Site]:
    """Both ports forwarded, from the host's loopback as well; and nothing left of it."""
    for port in ("8080:80/tcp", "8080:80/udp"):
        site.vnetmgr("add-forward", "web1", port, "--nic", "mgmt", "--loopback")
    yield site
    for port in ("8080/tcp", "8080/udp"):
        site.lab.vnetmgr("remove-forward", "web1", port)
    assert site.leftovers() == ""


SOURCES = [
    pytest.param(source, protocol, version, id=f"{source}-{protocol}-IPv{version}")
    for source in ("outside", "host", "guest")
    for protocol in ("tcp", "udp")
    for version in (4, 6)
]


def everything(site: Site) -> dict[str, str]:
    """Who is answered what, each source, protocol and version."""
    found = {
        f"{source} {protocol} {version}": site.ask(source, protocol, HOST[version])
        for source in ("outside", "host", "guest")
        for protocol in ("tcp", "udp")
        for version in (4, 6)
    }
    for protocol in ("tcp", "udp"):
        found[f"loopback {protocol}"] = site.ask("host", protocol, "127.0.0.1")
    return found


def silent(answers: dict[str, str]) -> dict[str, str]:
    """Those who do not reach the server."""
    return {who: said for who, said in answers.items() if not said.startswith("web1 ")}


def reached_by_all(site: Site) -> None:
    """Everybody gets there: at once, or when a bridge that is new has made sure that its IPv6
    addresses are nobody else's."""
    eventually(lambda: not silent(everything(site)), "everybody gets to the guest", timeout=120)
    assert all(each["active"] for each in site.forwards())


@pytest.mark.parametrize(("source", "protocol", "version"), SOURCES)
def test_every_source_gets_to_the_guest(
    forwarded: Site, source: str, protocol: str, version: int
) -> None:
    said = forwarded.answer(source, protocol, HOST[version])
    client = {
        "outside": OUTSIDE[version],  # not masqueraded: the guest sees who it is
        "host": HOST[version],
        "guest": {4: f"{V4}.1", 6: f"{V6}1"}[version],
    }[source]
    assert said.count(" ") == 1, said
    name, address = said.split()
    assert (name, ip_address(address)) == ("web1", ip_address(client))


def test_the_loopback_leads_there_and_guests_do_not_get_at_the_hosts(forwarded: Site) -> None:
    lab = forwarded.lab
    for protocol in ("tcp", "udp"):
        assert forwarded.answer("host", protocol, "127.0.0.1") == f"web1 {V4}.1"
    assert forwarded.ask("host", "tcp", "::1").startswith("no answer")
    # A guest that sends to the host's 127.0.0.1 over its nic.
    link, other = forwarded.other.link(OTHER_MAC), forwarded.other
    with lab.popen(["busybox", "httpd", "-f", "-p", "127.0.0.1:7777"]) as private:
        eventually(
            lambda: forwarded.ask("host", "tcp", "127.0.0.1", 7777)[:4] == "HTTP", "it is up"
        )
        other.sh(
            "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet;"
            f" ip address del 127.0.0.1/8 dev lo; ip route add 127.0.0.1 via {V4}.1 dev {link}"
        )
        try:
            reached = forwarded.ask("guest", "tcp", "127.0.0.1", 7777)
            lab.sh("nft flush chain inet vnetmgr guard")
            unguarded = forwarded.answer("guest", "tcp", "127.0.0.1", 7777)
        finally:
            other.sh(f"ip route del 127.0.0.1 via {V4}.1; ip address add 127.0.0.1/8 dev lo")
            private.kill_all()
    assert reached.startswith("no answer")
    assert unguarded.startswith("HTTP"), "what the guard is for"


def _renewed(site: Site) -> None:
    site.server.dhcp(MAC)


def _restarted_network(site: Site) -> None:
    site.vnetmgr("restart-network", NETWORK)


def _restarted_by_hand(site: Site) -> None:
    network = site.lab.conn.networkLookupByName(NETWORK)
    network.destroy()
    network.create()


def _restarted_libvirtd(site: Site) -> None:
    site.lab.restart_libvirtd()


def _flushed(site: Site) -> None:
    site.lab.sh("nft flush ruleset")


ENDINGS: dict[str, Callable[[Site], None]] = {
    "another lease": _renewed,
    "restart-network": _restarted_network,
    "net-destroy and net-start": _restarted_by_hand,
    "libvirtd restarts": _restarted_libvirtd,
    "nft flush ruleset": _flushed,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_reconcile_brings_everything_back(forwarded: Site, ending: str, tmp_path: Any) -> None:
    ENDINGS[ending](forwarded)
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"version: 1\nnetworks: {{{NETWORK}: {{mode: nat, bridge: {BRIDGE}}}}}\n")
    forwarded.vnetmgr("reconcile", str(spec))  # guests plugged in again, too
    assert forwarded.reconcile() == ""
    reached_by_all(forwarded)
    if ending == "nft flush ruleset":  # libvirt's own rules are gone, too: it brings them back
        forwarded.lab.restart_libvirtd()
        forwarded.reconcile()
        reached_by_all(forwarded)


@pytest.mark.parametrize("mode", ["routed", "open", "isolated"])
def test_the_other_modes_do_as_well(site: Site, mode: str) -> None:
    lab = site.lab
    _swap_mode(site, mode)
    try:
        for port in ("8080:80/tcp", "8080:80/udp"):
            site.vnetmgr("add-forward", "web1", port, "--loopback")
        eventually(lambda: ping6(site.lab), "the guests answer over IPv6")
        # Not at once: the bridge is new, and makes sure that its IPv6 addresses are its own.
        eventually(lambda: not silent(answers_in(site, mode)), "all get there", timeout=120)
        if mode == "isolated":  # the host speaks for everybody
            assert site.answer("outside", "tcp", HOST[4]) == f"web1 {V4}.1"
        for port in ("8080/tcp", "8080/udp"):
            site.vnetmgr("remove-forward", "web1", port)
        assert site.leftovers() == ""
    finally:
        lab.sh("nft delete table inet vnetmgr", check=False)
        _swap_mode(site, "nat")


def answers_in(site: Site, mode: str) -> dict[str, str]:
    """Who is answered what, of those who are to get there; an isolated network's guests have no way
    out."""
    answers = everything(site)
    if mode != "isolated":
        return answers
    others = {who: said for who, said in answers.items() if not who.startswith("guest")}
    return {**others, "guest": site.ask("guest", "tcp", f"{V4}.1")}


def _swap_mode(site: Site, mode: str) -> None:
    network = site.lab.conn.networkLookupByName(NETWORK)
    network.destroy()
    network.undefine()
    site.lab.conn.networkDefineXML(document(mode)).create()
    site.vnetmgr("restart-network", NETWORK)
    for guest, mac in ((site.server, MAC), (site.other, OTHER_MAC)):
        guest.dhcp(mac)
    eventually(lambda: ping6(site.lab), "the guests answer over IPv6")


def test_ranges_addresses_and_who_may_come(site: Site) -> None:
    site.vnetmgr("add-forward", "web1", "8000-8003:79-82")
    site.vnetmgr("add-forward", "web1", f"{HOST[4]}:9000:80", "--allow-from", f"{OUTSIDE[4]}/32")
    try:
        assert site.ask("outside", "tcp", HOST[4], 8001).startswith("web1 ")
        assert site.ask("outside", "tcp", HOST[4], 8002).startswith("no answer")
        assert site.ask("outside", "tcp", HOST[4], 9000).startswith("web1 ")
        assert site.ask("host", "tcp", HOST[4], 9000).startswith("no answer")
        assert site.ask("host", "tcp", f"{V4}.1", 9000).startswith("no answer")
        rows = {
            row["host_port"]: row for row in site.forwards() if row["guest_address"] != GUEST_V6
        }
        assert rows[8000]["ports"] == 4
        assert rows[8000]["connections"] == 2
        assert rows[9000]["allow_from"] == [f"{OUTSIDE[4]}/32"]
        assert rows[9000]["connections"] == 1
    finally:
        site.vnetmgr("remove-forward", "web1", "8000-8003")
        site.vnetmgr("remove-forward", "web1", "9000")
    assert site.leftovers() == ""


# Who may come -> who gets there: the outside, and the host's own 127.0.0.1 and 127.0.0.2.
OWN = {
    "127.0.0.0/8": (False, True, True),
    "127.0.0.1/32": (False, True, False),
    f"{OUTSIDE[4]}/32": (True, True, True),
    f"{OUTSIDE[6]}/128": (False, True, True),
}


@pytest.mark.parametrize("allowed", OWN)
def test_who_may_come_from_the_hosts_own_loopback(site: Site, allowed: str) -> None:
    site.vnetmgr("add-forward", "web1", "8080:80", "--loopback", "--allow-from", allowed)
    try:
        assert site.vnetmgr("reconcile") == "", "what was written is what is wanted"
        from_second = [*ASKING, "tcp", "127.0.0.1", "8080"]
        answers = (
            site.ask("outside", "tcp", HOST[4]),
            site.ask("host", "tcp", "127.0.0.1"),
            ok(site.lab.run([*from_second, "127.0.0.2"])),
        )
        assert tuple(each.startswith("web1 ") for each in answers) == OWN[allowed], answers
        assert site.ask("host", "tcp", HOST[4]).startswith("no answer")
    finally:
        site.vnetmgr("remove-forward", "web1", "8080")
    assert site.leftovers() == ""


def test_a_dry_run_shows_the_transaction_and_touches_nothing(site: Site) -> None:
    said = site.vnetmgr("add-forward", "web1", "8090:80", "--dry-run")
    assert "+ forward web1/8090/tcp (config + live)" in said
    assert '"name": "address4"' in said
    assert site.forwards() == []
    assert site.leftovers() == ""


def test_a_second_time_there_is_nothing_to_do(forwarded: Site) -> None:
    again = forwarded.vnetmgr("add-forward", "web1", "8080:80", "--loopback")
    assert "is forwarded already" in again or again == ""
    changed = refused(forwarded.lab.vnetmgr("add-forward", "web1", "8080:81"), 4)
    assert "in another way" in changed


def test_the_address_stays_the_guests(forwarded: Site) -> None:
    (row,) = [
        row
        for row in forwarded.forwards()
        if row["protocol"] == "tcp" and ":" not in row["guest_address"]
    ]
    network = forwarded.lab.conn.networkLookupByName(NETWORK).XMLDesc(1)
    assert re.search(f"<host mac='{MAC}'.* ip='{row['guest_address']}'", network)
    assert forwarded.server.addresses(MAC) == [row["guest_address"]]


REFUSALS = {
    "no such domain": (("nowhere", "8080:80"), 1, "nowhere"),
    "no such nic": (("web1", "8081:80", "--nic", "lan"), 1, "has no nic lan"),
    "a port that somebody listens on": (("web1", "7070:80"), 4, "busybox listens on"),
    "forwarded to another guest": (("web2", "8080:80"), 4, "leads to web1 already"),
    "in a range": (("web2", "8070-8090:70-90"), 4, "leads to web1 already"),
    "no form": (("web1", "8080"), 2, "is not like"),
    "port 0": (("web1", "0:80"), 2, "1 to 65535"),
    "uneven ranges": (("web1", "8000-8001:80"), 2, "2 ports of the host cannot lead to 1"),
    "::1": (("web1", "[::1]:8082:80"), 2, "cannot be forwarded by the kernel"),
    "127.0.0.1 alone": (("web1", "127.0.0.1:8082:80"), 4, "--loopback adds 127.0.0.1"),
    "from the host's own, which it does not answer": (
        ("web1", "8082:80", "--allow-from", "127.0.0.0/8"),
        2,
        "takes loopback as well",
    ),
    "an address that the network does not have": (
        ("web1", "8083:80", "--guest-address", "10.99.0.1"),
        4,
        "in no subnet",
    ),
}


def listened_on(lab: Lab, port: int) -> bool:
    """Whether somebody listens on a port of the host's by now."""
    return str(port) in lab.sh(f"ss -Hltn sport = {port}")


@pytest.mark.parametrize("case", REFUSALS)
def test_it_is_refused_by_name_and_nothing_is_touched(forwarded: Site, case: str) -> None:
    arguments, code, text = REFUSALS[case]
    lab = forwarded.lab
    before = lab.sh("nft -s list table inet vnetmgr"), forwarded.server.domain.XMLDesc(2)
    with lab.popen(["busybox", "nc", "-l", "-p", "7070"]) as listener:
        eventually(lambda: listened_on(lab, 7070), "somebody listens")
        assert text in refused(lab.vnetmgr("add-forward", *arguments), code)
        listener.kill_all()
    assert before == (lab.sh("nft -s list table inet vnetmgr"), forwarded.server.domain.XMLDesc(2))


def test_its_network_shows_them(forwarded: Site) -> None:
    shown = json.loads(forwarded.vnetmgr("show-network", NETWORK, "-o", "json"))
    assert shown["forwards"] == forwarded.forwards() != []
    assert "web1/mgmt   8080/tcp" in forwarded.vnetmgr("show-network", NETWORK)
    forwarded.lab.sh("nft delete table inet vnetmgr")
    shown = json.loads(forwarded.vnetmgr("show-network", NETWORK, "-o", "json"))
    assert {each["active"] for each in shown["forwards"]} == {False}
    forwarded.reconcile()
    forwarded.vnetmgr("create-network", "other", "--subnet", "192.168.71.0/24")
    try:
        other = json.loads(forwarded.vnetmgr("show-network", "other", "-o", "json"))
        assert (other["forwards"], other["notes"]) == ([], [])
    finally:
        forwarded.vnetmgr("delete-network", "other")


def test_a_nic_on_the_lan_has_an_address_of_its_own(site: Site, off: Callable[..., str]) -> None:
    off("bridged", "<interface type='bridge'><source bridge='br0'/></interface>")
    said = refused(site.lab.vnetmgr("add-forward", "bridged", "8084:80"), 4)
    assert "at its own address" in said


def test_somebody_elses_drop_is_found_and_named(site: Site) -> None:
    lab = site.lab
    hook = "{ type filter hook forward priority 0; policy drop; }"
    lab.sh(f"nft add table inet firewall; nft 'add chain inet firewall forward {hook}'")
    try:
        said = site.lab.vnetmgr("add-forward", "web1", "8085:80")
        named = "table inet firewall, chain forward: its policy is drop"
        assert named in ok(said) + said.stderr
        assert site.ask("outside", "tcp", HOST[4], 8085).startswith("no answer")
        assert named in json.loads(site.vnetmgr("list-forwards", "-o", "json"))["notes"][0]
    finally:
        lab.sh("nft delete table inet firewall")
        site.vnetmgr("remove-forward", "web1", "8085")


def test_a_spec_brings_forwards_about_and_export_says_the_same(site: Site, tmp_path: Any) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "version: 1\ndomains:\n  web1:\n    forwards:\n"
        "      - {host_port: 8086, guest_port: 80, nic: mgmt}\n"
        "      - {host_port: 8087, guest_port: 80, protocol: udp}\n"
    )
    plan = json.loads(site.vnetmgr("plan", str(spec), "-o", "json"))
    assert [each["object"] for each in plan["changes"]][-2:] == ["forward", "forward"]
    site.vnetmgr("apply", str(spec), "--yes")
    assert site.vnetmgr("reconcile", str(spec)) == ""
    assert site.answer("outside", "tcp", HOST[4], 8086).startswith("web1 ")
    assert site.answer("outside", "udp", HOST[4], 8087).startswith("web1 ")
    exported = tmp_path / "export.yaml"
    exported.write_text(site.vnetmgr("export"))
    assert "host_port: 8086" in exported.read_text() or '"8086"' in exported.read_text()
    assert json.loads(site.vnetmgr("plan", str(exported), "-o", "json"))["changes"] == []
    spec.write_text("version: 1\ndomains:\n  web1: {forwards: none}\n")
    site.vnetmgr("apply", str(spec), "--yes")
    assert site.forwards() == []
    assert site.leftovers() == ""


def test_the_rules_of_a_domain_that_is_gone_go_with_the_next_reconcile(
    site: Site, off: Callable[..., str]
) -> None:
    name = off("gone", nic("52:54:00:00:70:03", "mgmt"))
    site.vnetmgr("add-forward", name, "8088:80")
    site.lab.conn.lookupByName(name).undefine()
    assert "8088" in site.reconcile()
    assert site.leftovers() == ""


def test_a_watch_puts_back_what_the_start_of_a_network_takes_that_it_has_nothing_to_do_with(
    forwarded: Site, tmp_path: Path
) -> None:
    spec = tmp_path / "watch.yaml"
    spec.write_text("version: 1\ndomains: {elsewhere: {nics: {lan: {bridge: br0}}}}\n")
    watching = Watching(forwarded.lab, spec, "--verbose")
    try:
        eventually(lambda: watching.err, "it has begun")
        watching.quiet()
        _restarted_by_hand(forwarded)
        repaired = "forward web1/8080/tcp: repaired in live"
        eventually(lambda: any(repaired in line for line in watching.out), "they are back")
    finally:
        watching.kill()
    assert forwarded.vnetmgr("reconcile") == ""
    forwarded.vnetmgr("start-network", NETWORK)  # plugs in the guests again
    reached_by_all(forwarded)


def test_libvirts_hook_puts_back_what_a_network_start_takes(forwarded: Site) -> None:
    lab = forwarded.lab
    forwarded.vnetmgr("install-service", "--hook")
    lab.restart_libvirtd()  # it looks for hooks when it starts
    try:
        _restarted_by_hand(forwarded)
        local = f"/proc/sys/net/ipv4/conf/{BRIDGE}/route_localnet"
        eventually(lambda: lab.sh(f"cat {local}").strip() == "1", "the hook has done its work")
        # What it has begun may still hold the lock for a moment.
        assert forwarded.vnetmgr("reconcile", "--lock-timeout", "60") == ""
    finally:
        lab.sh("rm -r /etc/libvirt/hooks/network.d")
        lab.restart_libvirtd()
        forwarded.vnetmgr("restart-network", NETWORK)
        forwarded.vnetmgr("reconcile", "--lock-timeout", "60")


def _setting(lab: Lab) -> str:
    return lab.sh(f"cat /proc/sys/net/ipv4/conf/{BRIDGE}/route_localnet").strip()


@pytest.mark.parametrize("how", ["remove-forward", "reconcile"])
def test_what_a_foreign_flush_leaves_open_is_shut(site: Site, how: str) -> None:
    site.vnetmgr("add-forward", "web1", "8091:80", "--loopback")
    site.lab.sh("nft flush ruleset")
    assert _setting(site.lab) == "1"
    if how == "reconcile":  # the forward is gone as well, by somebody else's hand
        site.server.domain.setMetadata(2, None, "vnetmgr", "urn:vnetmgr:1", 3)
        assert "route_localnet: repaired" in site.reconcile()
    else:
        assert "route_localnet: repaired" in site.vnetmgr("remove-forward", "web1", "8091")
    assert _setting(site.lab) == "0"
    assert site.leftovers() == ""
    site.lab.restart_libvirtd()  # its own rules were flushed, too


def test_a_watch_hears_of_a_flush_and_shuts_the_guests_out_again(
    forwarded: Site, tmp_path: Path
) -> None:
    spec = tmp_path / "watch.yaml"
    spec.write_text("version: 1\ndomains: {elsewhere: {nics: {lan: {bridge: br0}}}}\n")
    watching = Watching(forwarded.lab, spec)
    guard = "iifname @localnet ip daddr 127.0.0.0/8 drop"
    listing = "nft list ruleset"
    try:
        eventually(lambda: watching.err, "it has begun")
        watching.quiet()
        forwarded.lab.sh("nft flush chain inet vnetmgr guard")
        eventually(lambda: guard in forwarded.lab.sh(listing), "the guard stands again")
        forwarded.lab.sh("nft flush ruleset")
        eventually(lambda: guard in forwarded.lab.sh(listing), "all of it stands again")
        # Which is set behind a guard that stands.
        eventually(lambda: _setting(forwarded.lab) == "1", "its switch as well")
    finally:
        watching.kill()
        forwarded.lab.restart_libvirtd()
    forwarded.reconcile()


def test_what_cannot_be_saved_is_not_wanted_later(site: Site, off: Callable[..., str]) -> None:
    lab, path = site.lab, "/etc/libvirt/qemu"
    name = off("unsaved", nic("52:54:00:00:70:04", "mgmt"))
    site.vnetmgr("reserve-address", NETWORK, f"{name}/mgmt", f"{V4}.44")
    lab.sh(f"mount --bind {path} {path} && mount -o remount,bind,ro {path}")
    try:
        assert "is read-only" in refused(lab.vnetmgr("add-forward", name, "8092:80"), 1)
    finally:
        lab.sh(f"umount {path}")
    assert site.reconcile() == ""
    assert site.leftovers() == ""


def test_a_reconcile_leaves_a_port_to_who_listens_there(
    site: Site, off: Callable[..., str]
) -> None:
    wanted = "".join(
        f"<forward xmlns='urn:vnetmgr:1' host_port='{port}' guest_port='80' protocol='tcp'"
        " nic='mgmt'/>"
        for port in (7071, 7072)
    )
    data = f"<vnetmgr:data xmlns:vnetmgr='urn:vnetmgr:1'>{wanted}</vnetmgr:data>"
    off("brought", nic("52:54:00:00:70:05", "mgmt"), head=f"<metadata>{data}</metadata>")
    lab = site.lab
    with lab.popen(["busybox", "nc", "-ll", "-p", "7071"]) as listener:
        eventually(lambda: listened_on(lab, 7071), "somebody listens")
        said = lab.vnetmgr("reconcile")
        assert said.returncode == 1
        assert "busybox listens on" in said.stderr
        active = {row["host_port"]: row["active"] for row in site.forwards()}
        listener.kill_all()
    assert active == {7071: False, 7072: True}
    assert "brought/7071/tcp: repaired" in site.reconcile()
    site.lab.conn.lookupByName("brought").undefine()
    rows = site.forwards()
    assert {(row["domain"], row["host_port"]) for row in rows} == {(None, 7071), (None, 7072)}
    site.vnetmgr("remove-forward", "--unowned", "7071")
    assert "7072" in site.reconcile()
    assert site.leftovers() == ""


def test_ranges_of_any_length_and_the_hosts_own_loopback(site: Site) -> None:
    site.vnetmgr("add-forward", "web1", "80-7000:80-7000", "--loopback", "--nic", "mgmt")
    try:
        assert site.answer("outside", "tcp", HOST[4], 80).startswith("web1 ")
        assert site.answer("outside", "tcp", HOST[6], 80).startswith("web1 ")
        assert site.answer("host", "tcp", "127.0.0.1", 80).startswith("web1 ")
        assert site.answer("guest", "tcp", HOST[4], 80).startswith("web1 ")
        assert site.ask("outside", "tcp", HOST[4], 7001).startswith("no answer")
        assert {row["connections"] for row in site.forwards() if row["guest_address"] == GUEST_V6}
    finally:
        site.vnetmgr("remove-forward", "web1", "80-7000")
    assert site.leftovers() == ""


@pytest.mark.parametrize("how", ["restart-network", "update-network", "start-network"])
def test_vnetmgrs_own_starts_keep_the_loopback_forward(forwarded: Site, how: str) -> None:
    commands: dict[str, list[tuple[str, ...]]] = {
        "restart-network": [("restart-network", NETWORK)],
        "update-network": [("update-network", NETWORK, "--mtu", "1500", "--allow", "restart")],
        "start-network": [("stop-network", NETWORK, "--force"), ("start-network", NETWORK)],
    }
    said = ""
    for command in commands[how]:
        said = forwarded.vnetmgr(*command)
    assert "forward web1/8080/tcp: repaired in live" in said
    assert _setting(forwarded.lab) == "1"
    assert forwarded.vnetmgr("reconcile") == ""
    eventually(
        lambda: forwarded.ask("host", "tcp", "127.0.0.1").startswith("web1 "), "it leads there"
    )


def test_a_port_leads_to_the_address_that_the_guest_has(forwarded: Site) -> None:
    """A new reservation is the guest's when it asks for its address again, and not before."""
    reserve = ("reserve-address", NETWORK, "web1/mgmt")
    before = next(row["guest_address"] for row in forwarded.forwards())
    result = forwarded.lab.vnetmgr(*reserve, f"{V4}.149")
    ok(result)
    assert f"leads to {before} until the guest has {V4}.149" in result.stderr
    assert forwarded.reconcile() == ""
    assert forwarded.answer("outside", "tcp", HOST[4]).startswith("web1 ")
    assert "leads to the address of web1/mgmt" in refused(
        forwarded.lab.vnetmgr("release-address", NETWORK, "web1/mgmt"), 4
    )
    forwarded.server.dhcp(MAC)
    rows = [row for row in forwarded.forwards() if row["guest_address"] == before]
    assert [row["active"] for row in rows] == [False] * len(rows) != []
    assert "repaired" in forwarded.reconcile()
    assert forwarded.answer("outside", "tcp", HOST[4]).startswith("web1 ")
    forwarded.vnetmgr(*reserve, before)
    forwarded.server.dhcp(MAC)
    forwarded.reconcile()
