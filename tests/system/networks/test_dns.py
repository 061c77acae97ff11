"""DNS records of a network, as its guests get to hear them: at once, and for good."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.waiting import eventually
from tests.system.conftest import ok, refused
from tests.system.plugged import Plugged, everything, plug

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

GATEWAY, NAS = "192.168.60.1", "192.168.60.5"
NETWORK = """
<network>
  <name>lab</name>
  <forward mode='nat'/>
  <bridge name='virbr60' stp='off' delay='0'/>
  <domain name='lab.test'/>
  <ip address='192.168.60.1' netmask='255.255.255.0'/>
  <ip family='ipv6' address='fd00:60::1' prefix='64'/>
</network>"""


@pytest.fixture
def net(nets: Vm) -> Lab:
    """The network lab, which runs, without records."""
    nets.lab.conn.networkDefineXML(NETWORK).create()
    return nets.lab


@pytest.fixture
def lan(nets: Vm, net: Lab) -> Plugged:
    """A nic of the guest on it, with an address."""
    lan = plug(nets, "lan", "--network", "lab")
    lan.take("192.168.60.9/24")
    lan.reach(GATEWAY)
    return lan


def add(lab: Lab, *words: str) -> CompletedProcess[str]:
    return lab.vnetmgr("add-dns-record", "lab", *words)


def remove(lab: Lab, *words: str) -> CompletedProcess[str]:
    return lab.vnetmgr("remove-dns-record", "lab", *words)


def changes(result: CompletedProcess[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ok(result))["changes"]
    return found


def answer(lan: Plugged, kind: str, name: str) -> list[str]:
    """What the network's DNS says to the guest, one line a record; nothing if it knows none."""
    _, printed = lan.vm.guest.run(f"nslookup -type={kind} {name} {GATEWAY}")
    server, _, said = printed.partition("\n\n")
    if f"Server: {GATEWAY}" not in " ".join(server.split()) or not said:
        return [f"no answer: {printed}"]
    lines = [" ".join(line.split()) for line in said.splitlines()]
    return sorted(line for line in lines if line and not line.startswith("** server can't find"))


def hears(lan: Plugged, kind: str, name: str, *expected: str) -> None:
    """Wait for an answer: dnsmasq takes a moment to read its files again."""
    wanted = sorted(expected)
    eventually(lambda: answer(lan, kind, name) == wanted, f"{kind} {name}: {wanted}")


def dns(lab: Lab) -> tuple[str, str]:
    """The records in libvirt's config and in its live document, on one line."""
    documents = (lab.sh("virsh net-dumpxml lab --inactive"), lab.sh("virsh net-dumpxml lab"))
    config, live = (re.search(r"<dns>(.*)</dns>", each, re.DOTALL) for each in documents)
    return _one_line(config), _one_line(live)


def _one_line(found: re.Match[str] | None) -> str:
    return re.sub(r">\s+<", "><", found[1].strip()) if found else ""


def host(*names: str, address: str = NAS) -> str:
    inside = "".join(f"<hostname>{name}</hostname>" for name in names)
    return f"<host ip='{address}'>{inside}</host>"


A = "<srv service='ldap' protocol='tcp' target='a.lab.test' port='389' priority='5' weight='7'/>"
# How it is added, what identifies it, what a guest asks and hears, and libvirt's element.
KINDS = {
    "host": (
        ("--host", "nas", "--address", NAS),
        ("--host", "nas"),
        ("a", "nas.lab.test", f"Address: {NAS}", "Name: nas.lab.test"),
        host("nas"),
    ),
    "host of IPv6": (
        ("--host", "six", "--address", "fd00:60::5"),
        ("--host", "six"),
        ("aaaa", "six", "Address: fd00:60::5", "Name: six"),
        host("six", address="fd00:60::5"),
    ),
    "txt": (
        ("--txt", "t.lab.test", "--value", r"é: it's <b> & a\b; $x=1"),
        ("--txt", "t.lab.test"),
        ("txt", "t.lab.test", r"""t.lab.test text = "é: it's <b> & a\b; $x=1" """.strip()),
        r"""<txt name='t.lab.test' value='é: it&apos;s &lt;b&gt; &amp; a\b; $x=1'/>""",
    ),
    "srv": (
        (
            *("--srv", "ldap", "--target", "a.lab.test", "--port", "389"),
            *("--priority", "5", "--weight", "7"),
        ),
        ("--srv", "ldap"),
        ("srv", "_ldap._tcp.lab.test", "_ldap._tcp.lab.test service = 5 7 389 a.lab.test"),
        A,
    ),
}


@pytest.mark.parametrize(("given", "known_by", "asked", "xml"), KINDS.values(), ids=KINDS.keys())
def test_a_record_is_answered_without_a_restart_and_gone_after_its_removal(
    lan: Plugged,
    given: tuple[str, ...],
    known_by: tuple[str, ...],
    asked: tuple[str, ...],
    xml: str,
) -> None:
    lab, carrier = lan.vm.lab, lan.carrier_changes()
    kind, name, *expected = asked
    hears(lan, kind, name)
    (change,) = changes(add(lab, *given, "-o", "json"))
    assert (change["action"], change["object"], change["scope"], change["disruption"]) == (
        *("create", "record"),
        ["config", "live"],
        "none",
    )
    assert dns(lab) == (xml, xml)
    hears(lan, kind, name, *expected)

    before = everything(lab)
    again = add(lab, *given)
    assert (again.returncode, again.stdout) == (0, "")
    assert "already" in again.stderr
    assert everything(lab) == before

    (change,) = changes(remove(lab, *known_by, "-o", "json"))
    assert (change["action"], change["disruption"]) == ("delete", "none")
    assert dns(lab) == ("", "")
    hears(lan, kind, name)
    assert f"has no record {' '.join(known_by)[2:4]}" in refused(remove(lab, *known_by), 1)
    assert lan.carrier_changes() == carrier


def test_records_outlive_every_restart(lan: Plugged) -> None:
    lab = lan.vm.lab
    for given, *_ in KINDS.values():
        ok(add(lab, *given))
    before = dns(lab)
    assert before[0] == before[1]
    ok(lab.vnetmgr("restart-network", "lab"))
    lan.reach(GATEWAY)
    lab.restart_libvirtd()
    assert dns(lab) == before
    for _, _, (kind, name, *expected), _ in KINDS.values():
        hears(lan, kind, name, *expected)


def test_names_and_addresses_go_one_by_one(lan: Plugged) -> None:
    lab = lan.vm.lab
    for name, address in (("nas", NAS), ("files", NAS), ("nas", "192.168.60.6")):
        ok(add(lab, "--host", name, "--address", address))
    both = host("nas", "files") + host("nas", address="192.168.60.6")
    assert dns(lab) == (both, both)
    hears(lan, "a", "nas", "Name: nas", "Name: nas", f"Address: {NAS}", "Address: 192.168.60.6")
    ok(remove(lab, "--host", "nas", "--address", NAS))
    hears(lan, "a", "nas", "Name: nas", "Address: 192.168.60.6")
    hears(lan, "a", "files", "Name: files", f"Address: {NAS}")
    left = host("files") + host("nas", address="192.168.60.6")
    assert sorted(dns(lab)[0].split("<host")) == sorted(left.split("<host"))
    ok(remove(lab, "--host", "nas"))
    assert dns(lab) == (host("files"), host("files"))


def test_a_service_has_as_many_targets_as_it_likes(lan: Plugged) -> None:
    lab = lan.vm.lab
    target = ("--srv", "ldap", "--target")
    ok(add(lab, *target, "a.lab.test", "--port", "389"))
    ok(add(lab, *target, "b.lab.test", "--port", "636"))
    said = "_ldap._tcp.lab.test service = 0 0 {} {}.lab.test"
    a, b = said.format(389, "a"), said.format(636, "b")
    hears(lan, "srv", "_ldap._tcp.lab.test", a, b)
    ok(remove(lab, *target, "a.lab.test"))
    hears(lan, "srv", "_ldap._tcp.lab.test", b)
    ok(add(lab, *target, "a.lab.test", "--port", "389"))
    (change,) = changes(remove(lab, "--srv", "ldap", "-o", "json"))
    assert [each["before"] for each in change["fields"]] == [
        "srv _ldap._tcp b.lab.test:636",
        "srv _ldap._tcp a.lab.test:389",
    ]
    hears(lan, "srv", "_ldap._tcp.lab.test")


def test_services_that_libvirt_takes_for_one_another_stand_side_by_side(net: Lab) -> None:
    """It takes what a service leaves out for anything."""
    full = ("--srv", "ldap", "--target", "a.lab.test", "--domain", "d.test")
    ok(add(net, *full))
    ok(add(net, *full[:4]))
    ok(add(net, *full[:2]))
    plain = "<srv service='ldap' protocol='tcp'/>"
    target = plain.replace("/>", " target='a.lab.test'/>")
    domain = plain.replace("/>", " domain='d.test' target='a.lab.test'/>")
    for document in dns(net):
        assert sorted(document.split("<srv")) == sorted((plain + target + domain).split("<srv"))
    ok(remove(net, "--srv", "ldap"))
    assert dns(net) == ("", "")


def test_another_value_of_what_is_there_is_refused(net: Lab) -> None:
    ok(add(net, "--txt", "t", "--value", "one"))
    ok(add(net, "--srv", "ldap", "--target", "a.lab.test", "--port", "389"))
    before = everything(net)
    said = refused(add(net, "--txt", "t", "--value", "two"), 4)
    assert "network lab has the record txt t 'one' already" in said
    assert "remove-dns-record lab --txt t" in said
    said = refused(add(net, "--srv", "ldap", "--target", "a.lab.test", "--port", "636"), 4)
    assert "has the record srv _ldap._tcp a.lab.test:389 already" in said
    assert "txt t 'two'" in refused(remove(net, "--txt", "t", "--value", "two"), 1)
    assert everything(net) == before


ALIAS = ("--cname", "www.lab.test", "--target", "nas.lab.test")


def test_an_alias_needs_a_restart_that_the_guest_does_not_notice(lan: Plugged) -> None:
    lab = lan.vm.lab
    ok(add(lab, "--host", "nas", "--address", NAS))
    before, carrier, device = everything(lab), lan.carrier_changes(), lan.device()
    said = refused(add(lab, *ALIAS), 4)
    assert "cname www.lab.test nas.lab.test [restart] needs a restart of the network" in said
    assert "on it: q35/lan" in said
    assert everything(lab) == before

    record, nic = changes(add(lab, *ALIAS, "--allow", "restart", "-o", "json"))
    assert (record["action"], record["disruption"]) == ("create", "restart")
    assert (nic["action"], nic["name"], nic["result"]) == ("repair", "lan", "done")
    lan.reach(GATEWAY)
    alias = "www.lab.test canonical name = nas.lab.test"
    hears(lan, "cname", "www.lab.test", alias)
    hears(lan, "a", "www.lab.test", alias, "Name: nas.lab.test", f"Address: {NAS}")
    assert changes(add(lab, *ALIAS, "-o", "json")) == []

    assert "[restart]" in refused(remove(lab, *ALIAS[:2]), 4)
    ok(remove(lab, *ALIAS[:2], "--allow", "restart"))
    lan.reach(GATEWAY)
    hears(lan, "cname", "www.lab.test")
    assert (lan.carrier_changes(), lan.device()) == (carrier, device)
    assert everything(lab).networks == before.networks


def test_an_alias_in_config_waits_for_the_networks_restart(lan: Plugged) -> None:
    lab = lan.vm.lab
    (change,) = changes(add(lab, *ALIAS, "--config", "-o", "json"))
    assert (change["scope"], change["disruption"]) == (["config"], "none")
    hears(lan, "cname", "www.lab.test")
    assert "cname=www.lab.test,nas.lab.test" in lab.sh("virsh net-dumpxml lab --inactive")
    ok(lab.vnetmgr("restart-network", "lab"))
    lan.reach(GATEWAY)
    hears(lan, "cname", "www.lab.test", "www.lab.test canonical name = nas.lab.test")


def test_a_dry_run_of_an_alias_shows_who_is_plugged_in_again(lan: Plugged) -> None:
    before = everything(lan.vm.lab)
    plan = changes(add(lan.vm.lab, *ALIAS, "--allow", "restart", "--dry-run", "-o", "json"))
    assert [(each["action"], each["name"]) for each in plan] == [
        ("create", "lab/cname www.lab.test"),
        ("repair", "lan"),
    ]
    assert everything(lan.vm.lab) == before


def test_one_state_alone_and_the_other_later(net: Lab) -> None:
    txt = ("--txt", "t", "--value", "v")
    xml = "<txt name='t' value='v'/>"
    ok(add(net, *txt, "--config"))
    assert dns(net) == (xml, "")
    (change,) = changes(add(net, *txt, "-o", "json"))
    assert change["scope"] == ["live"]
    assert dns(net) == (xml, xml)
    ok(remove(net, *txt[:2], "--config"))
    assert dns(net) == ("", xml)
    ok(remove(net, *txt[:2]))
    assert dns(net) == ("", "")
    ok(add(net, *txt, "--live"))
    assert dns(net) == ("", xml)


def test_a_network_that_is_off_answers_from_its_start_on(nets: Vm, net: Lab) -> None:
    net.conn.networkLookupByName("lab").destroy()
    (change,) = changes(add(net, "--host", "nas", "--address", NAS, "-o", "json"))
    assert change["scope"] == ["config"]
    (change,) = changes(add(net, *ALIAS, "-o", "json"))
    assert change["disruption"] == "none"
    assert "does not run" in refused(add(net, "--txt", "t", "--value", "v", "--live"), 4)
    ok(net.vnetmgr("start-network", "lab"))
    lan = plug(nets, "lan", "--network", "lab")
    lan.take("192.168.60.9/24")
    lan.reach(GATEWAY)
    alias = "www.lab.test canonical name = nas.lab.test"
    hears(lan, "a", "www.lab.test", alias, "Name: nas.lab.test", f"Address: {NAS}")


def test_a_network_without_dns_takes_no_records(nets: Vm) -> None:
    lab = nets.lab
    ok(lab.vnetmgr("create-network", "ext", "--mode", "bridge", "--bridge", "br0"))
    before = everything(lab)
    for given in (("--host", "nas", "--address", NAS), ("--txt", "t", "--value", "v"), ALIAS):
        said = refused(lab.vnetmgr("add-dns-record", "ext", *given), 2)
        assert "network ext answers no DNS: it is bridge and has no subnet" in said
    assert everything(lab) == before
    gone = lab.vnetmgr("add-dns-record", "etx", "--txt", "t", "--value", "v")
    assert "network etx does not exist" in refused(gone, 1)


WRONG = [
    ((), "a record is one of --host, --srv, --txt, --cname and --wildcard; none was given"),
    (("--host", "a", "--txt", "b"), "not --host and --txt"),
    (("--host", "nas"), "--host needs --address"),
    (("--txt", "t"), "--txt needs --value"),
    (("--cname", "w"), "--cname needs --target"),
    (("--host", "a b", "--address", NAS), "a DNS name has letters"),
    (("--host", "a\nlog-queries", "--address", NAS), "a DNS name has letters"),
    (("--host", "a", "--address", "1.2.3"), "'1.2.3' is no IP address"),
    (("--host", "a", "--address", NAS, "--port", "1"), "--port: goes with --srv"),
    (("--srv", "a b"), "is not a word like ldap"),
    (("--srv", "a", "--protocol", "sctp"), "protocol 'sctp' is not tcp or udp"),
    (("--srv", "a", "--port", "1"), "--port: needs --target"),
    (("--srv", "a", "--target", "x", "--port", "0"), "from 1 to 65535"),
    (("--srv", "a", "--target", "x", "--priority", "65536"), "from 0 to 65535"),
    (("--txt", "a b", "--value", "x"), "a DNS name has letters"),
    (("--txt", "t", "--value", "a,b"), "dnsmasq makes two texts of it at a comma"),
    (("--txt", "t", "--value", "a\nlog-queries"), "no control character"),
    (("--txt", "t", "--value", 'a"b'), "no '\"'"),
    (("--txt", "t", "--value", " a"), "dnsmasq drops blanks at both ends"),
    (("--txt", "t", "--value", ""), "needs a text"),
    (("--txt", "t", "--value", "a #b"), "takes what follows '#' for a comment"),
    (("--txt", "t", "--value", "x" * 751), "more than 750 bytes"),
    (("--cname", "w", "--target", "nas"), "nas is not a full name"),
    (("--cname", "w.t", "--target", "w.t"), "would be an alias of itself"),
    (("--host", "a b", "--address", "x", "--port", "y"), "4 problems"),
]


def test_bad_input_is_bad_usage_and_nothing_is_touched(net: Lab) -> None:
    before = everything(net)
    for given, says in WRONG:
        assert says in refused(add(net, *given), 2), given
    for given in ((), ("--srv", "a b"), ("--host", "a", "--address", "x")):
        refused(remove(net, *given), 2)
    assert everything(net) == before
