"""The exports of several hosts as one spec."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.unit.planner.builders import domain as guest
from tests.unit.planner.builders import domain_xml, nic_xml
from tests.unit.spec.exporting import MAC1, MAC2, NETWORKS, net, reserved, seen
from tests.unit.spec.exporting import host as observed
from vnetmgr.errors import VnetError
from vnetmgr.model.desired import ALLOWANCES, Policy
from vnetmgr.model.patch import given
from vnetmgr.model.record import replace
from vnetmgr.model.spec import Spec
from vnetmgr.planner import make_plan
from vnetmgr.spec.export import Export, export_spec
from vnetmgr.spec.export_hosts import merge_exports
from vnetmgr.spec.files import SpecText, load_spec
from vnetmgr.spec.parts import part_of
from vnetmgr.spec.wants import to_desired

if TYPE_CHECKING:
    from vnetmgr.model.domain import SeenDomain

HEAD = "# The networks and nics of it, by vnetmgr export.\nversion: 1\n"
LAB = '  lab:\n    mode: nat\n    subnets: ["192.168.150.0/24"]\n    autostart: true\n'
OTHER = LAB.replace("150", "151")
OFF = "  # lab: it is off, and a spec's networks run (nat)\n  # lab:\n  #   mode: nat\n"


def domain(name: str, nic: str = "{bridge: br0}") -> str:
    """A domain with a nic."""
    return f"  {name}:\n    nics:\n      nic0: {nic}\n"


def exported(networks: str = "", *domains: str) -> str:
    """As one host exports itself."""
    has_networks = any(not line.startswith("  #") for line in networks.splitlines())
    head = "networks:\n" if has_networks else "networks: {}\n"
    return (
        HEAD + head + networks + ("domains:\n" + "".join(domains) if domains else "domains: {}\n")
    )


def merged(unknown: tuple[str, ...] = (), **texts: str) -> Export:
    """One spec of sound exports."""
    found, wrong = merge_exports(texts, unknown=unknown)
    assert wrong == {}
    return found


def read(export: Export) -> Spec:
    """The spec again, which has to be sound."""
    return load_spec([SpecText("merged", export.text)], apart=True)


def test_what_all_have_alike_stands_once() -> None:
    found = merged(
        kvm1=exported(LAB, domain("web1")), kvm2=exported(LAB, domain("db1", "{network: lab}"))
    )
    assert found.text == dedent("""\
        # The networks and nics of kvm1, kvm2, by vnetmgr export.
        version: 1
        networks:
          lab:
            mode: nat
            subnets: ["192.168.150.0/24"]
            autostart: true
        domains:
          db1:
            host: kvm2
            nics:
              nic0: {network: lab}
          web1:
            host: kvm1
            nics:
              nic0: {bridge: br0}
        """)
    assert found.refused == ()
    assert [each.name for each in part_of(read(found), "kvm2").domains] == ["db1"]


@pytest.mark.parametrize(
    ("texts", "unknown", "hosts"),
    [
        ({"kvm1": exported(LAB), "kvm2": exported()}, (), ["kvm1"]),
        ({"kvm1": exported(LAB), "kvm2": exported(LAB), "kvm3": exported()}, (), ["kvm1", "kvm2"]),
        ({"kvm1": exported(LAB)}, (), None),
        ({"kvm1": exported(LAB)}, ("kvm2",), ["kvm1"]),
    ],
)
def test_a_network_of_some(
    texts: dict[str, str], unknown: tuple[str, ...], hosts: list[str] | None
) -> None:
    found = merged(unknown, **texts)
    (network,) = read(found).networks
    assert (network.hosts and [each.name for each in network.hosts]) == hosts
    assert ("# What is on kvm2 is not known." in found.text) == bool(unknown)


def test_a_network_that_all_have_who_were_asked() -> None:
    found, _ = merge_exports({"kvm1": exported(LAB)}, whole=False)
    assert "    hosts: [kvm1]\n" in found.text


def test_what_differs_is_named_and_left_out() -> None:
    found = merged(kvm1=exported(LAB), kvm2=exported(OTHER), kvm3=exported(LAB))
    assert found.refused == ("network lab is not the same on kvm1, kvm3; kvm2: subnets",)
    assert read(found).networks == ()
    assert (
        "networks: {}\n  # network lab is not the same on kvm1, kvm3; kvm2: subnets\n" in found.text
    )
    for host, number in (("kvm1", 150), ("kvm2", 151), ("kvm3", 150)):
        assert (
            f'  #   hosts: [{host}]\n  #   mode: nat\n  #   subnets: ["192.168.{number}'
            in found.text
        )


def test_a_network_that_no_spec_can_say_on_one_host() -> None:
    found = merged(kvm1=exported(LAB), kvm2=exported(OFF, domain("db1", "{network: lab}")))
    assert found.refused == ("network lab is not the same on kvm1; kvm2",)
    assert [each.name for each in read(found).domains] == ["db1"]
    assert "  # kvm2: lab: it is off, and a spec's networks run (nat)\n" in found.text
    unused = merged(kvm1=exported(LAB), kvm2=exported(OFF))
    assert [[each.name for each in want.hosts or ()] for want in read(unused).networks] == [
        ["kvm1"]
    ]


def test_a_domain_of_two_hosts() -> None:
    found = merged(kvm1=exported("", domain("a"), domain("b")), kvm2=exported("", domain("a")))
    assert found.refused == ("domain a is on kvm1, kvm2, and a spec has it on one",)
    assert [each.name for each in read(found).domains] == ["b"]
    assert "  #   host: kvm2\n" in found.text


def test_domains_that_do_not_go_together() -> None:
    nic = "{bridge: br0, mac: 52:54:00:00:00:01}"
    found = merged(
        kvm1=exported("", domain("a", nic), domain("b")), kvm2=exported("", domain("c", nic))
    )
    assert [each.name for each in read(found).domains] == ["b"]
    assert len(found.refused) == 2
    assert all("52:54:00:00:00:01" in each for each in found.refused)


def test_nothing_at_all() -> None:
    spec = read(merged(kvm1=exported(), kvm2=exported()))
    assert (spec.networks, spec.domains) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 2",
        "version: 1\ndomains: {a: {nosuch: 1}}",
        "version: 1\ndomains: {}\n# \x1b[2J",
        "version: 1\ndomains:\n- [",
    ],
)
def test_hostile_exports_are_that_hosts_error(text: str) -> None:
    found, wrong = merge_exports({"kvm1": exported("", domain("a")), "kvm2": text})
    assert isinstance(wrong["kvm2"], VnetError)
    assert wrong["kvm2"].message.isprintable()
    assert "What is on kvm2 is not known." in found.text
    assert [each.name for each in read(found).domains] == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\ndomains: {a: {nics: {nic0: {bridge: br0}}}}\n",
        "version: 1\ndomains:\n        a: {}\n",
        "version: 1\ndomains:\n  a:\n    forwards:\n    - 80:80\n  'x: y':\n    nics: {}\n",
    ],
)
def test_other_ways_of_writing_give_a_spec_as_well(text: str) -> None:
    assert {each.name for each in read(merged(kvm1=text)).domains} <= {"a", "x: y"}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("both", [True, False], ids=["alike", "on one"])
def test_on_each_host_its_part_plans_nothing(kind: str, *, both: bool) -> None:
    network = (seen(NETWORKS[kind], both=True),)
    guests = {
        name: replace(guest(domain_xml(nic_xml(mac=mac))), name=name)
        for name, mac in (("a", MAC1), ("b", MAC2))
    }
    hosts = {
        "kvm1": observed(guests["a"], networks=network),
        "kvm2": observed(guests["b"], networks=network if both else ()),
    }
    found = merged((), **{name: export_spec(there).text for name, there in hosts.items()})
    assert found.refused == ()
    whole = read(found)
    for name, there in hosts.items():
        part = to_desired(part_of(whole, name), prune=True)
        plan = make_plan(part, there, Policy(allow=frozenset(ALLOWANCES)))
        assert (plan.steps, plan.errors, plan.waiting) == ((), (), ()), found.text


DHCP = (
    "<forward mode='nat'/><bridge name='virbr7'/><ip address='10.0.0.1' prefix='24'><dhcp>"
    "<range start='10.0.0.2' end='10.0.0.99'/>{}</dhcp></ip>"
)
ON_LAB = "<interface type='network'><mac address='{}'/><source network='lab'/></interface>"
STRANGER = reserved("10.0.0.50", "52:54:00:00:00:99")


def guest_of_lab(name: str, mac: str) -> SeenDomain:
    """A guest that is on network lab."""
    return replace(guest(domain_xml(ON_LAB.format(mac)), None), name=name)


@pytest.mark.parametrize(
    ("first", "second", "addresses", "left", "differ"),
    [
        ((reserved("10.0.0.10", MAC1),), (), ["10.0.0.10"], None, ""),
        (
            (reserved("10.0.0.10", MAC1),),
            (reserved("10.0.0.11", MAC2),),
            ["10.0.0.10", "10.0.0.11"],
            None,
            "",
        ),
        (
            (reserved("10.0.0.10", MAC1),),
            (reserved("10.0.0.10", MAC2),),
            ["10.0.0.10", "10.0.0.10"],
            None,
            "",
        ),
        (
            (STRANGER, reserved("10.0.0.10", MAC1)),
            (reserved("10.0.0.11", MAC2), STRANGER),
            ["10.0.0.10", "10.0.0.11"],
            ["10.0.0.50"],
            "",
        ),
        ((reserved("10.0.0.10", MAC1), STRANGER), (), ["10.0.0.10"], None, ": addresses"),
        ((reserved("10.0.0.10", MAC1, name="web"),), (), [], None, ": addresses"),
        ((reserved("10.0.0.10", MAC2),), (), [], None, ": addresses"),
    ],
    ids=["one", "each", "same address", "a stranger's", "differ", "hostname", "not its guest's"],
)
def test_what_is_kept_for_a_nic_is_its_address(
    first: tuple[str, ...],
    second: tuple[str, ...],
    addresses: list[str],
    left: list[str] | None,
    differ: str,
) -> None:
    hosts = {
        host: observed(
            guest_of_lab(name, mac), networks=(seen(net(DHCP.format("".join(kept))), both=True),)
        )
        for host, name, mac, kept in (("kvm1", "a", MAC1, first), ("kvm2", "b", MAC2, second))
    }
    found = merged((), **{name: export_spec(there).text for name, there in hosts.items()})
    reason = f"network lab is not the same on kvm1; kvm2{differ}"
    assert found.refused == ((reason,) if differ else ())
    whole = read(found)
    assert [str(each.address) for each in whole.addresses] == addresses
    listed = [want.patch.reservations for want in whole.networks]
    if not differ:
        assert [given(each) and [str(one.address) for one in given(each)] for each in listed] == [
            left or ()
        ]
    for name, there in hosts.items():
        part = to_desired(part_of(whole, name), prune=True)
        plan = make_plan(part, there, Policy(allow=frozenset(ALLOWANCES)))
        assert (plan.steps, plan.errors, plan.waiting) == ((), (), ()), found.text


MANY = f"""{HEAD}networks:
  lab:
    mode: nat
    subnets: ["10.0.0.0/24"]
    addresses:
      "52:54:00:00:00:01": 10.0.0.10
      "52:54:00:00:00:98": {{address: 10.0.0.11, hostname: b}}
    autostart: true
domains:
  a:
    nics:
      nic0:
        network: lab
        mac: "52:54:00:00:00:01"
"""


def test_a_list_that_is_written_anew() -> None:
    text = merged(kvm1=MANY).text
    assert '    addresses: {"52:54:00:00:00:98": {address: 10.0.0.11, hostname: b}}\n' in text
    assert "        network: lab\n        address: 10.0.0.10\n        mac:" in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("addresses:", '"addresses":'),
        ("nic0:\n        network: lab\n        mac:", "nic0: {network: lab, mac:"),
        ("        network: lab", "        'network':\n          lab"),
        (
            "    autostart",
            "    extra: {'ip[10.0.0.0/24].dhcp.host[10.0.0.10].lease.expiry': '0'}\n    autostart",
        ),
    ],
)
def test_another_way_of_writing_keeps_the_list(old: str, new: str) -> None:
    text = MANY.replace(old, new)
    if "{network" in new:
        text = text.removesuffix("\n") + "}\n"
    assert [given(each.patch.reservations) for each in read(merged(kvm1=text)).networks] == [
        given(each.patch.reservations) for each in load_spec([SpecText("before", text)]).networks
    ]


@pytest.mark.parametrize(
    ("more", "keys"),
    [
        ("    mtu: 1400\n", "mtu"),
        ('    addresses: {"52:54:00:00:00:98": 192.168.150.9}\n    mtu: 1400\n', "addresses, mtu"),
    ],
)
def test_the_keys_that_differ(more: str, keys: str) -> None:
    found = merged(kvm1=exported(LAB), kvm2=exported(LAB + more))
    assert found.refused == (f"network lab is not the same on kvm1; kvm2: {keys}",)
