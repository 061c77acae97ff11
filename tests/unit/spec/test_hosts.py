"""The hosts that a spec names: what is read, what is wrong, and one host's part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.spec.texts import load, marked, problems, write
from vnetmgr.errors import SpecError
from vnetmgr.fleet.hosts import Hosts, ManagedHost
from vnetmgr.model.names import HostRef
from vnetmgr.model.spec import Placed
from vnetmgr.model.values import Mac
from vnetmgr.problem import Place
from vnetmgr.spec.files import load_all, load_sound, load_spec
from vnetmgr.spec.host_checks import networks_elsewhere
from vnetmgr.spec.parts import part_of
from vnetmgr.spec.wants import to_desired

if TYPE_CHECKING:
    from pathlib import Path

    from vnetmgr.model.spec import Spec

EXAMPLE = """\
version: 1
networks:
  lab: {mode: nat, subnet: 192.168.150.0/24, hosts: [kvm1]}
  all: {mode: nat, subnet: 192.168.151.0/24}
  off: {mode: isolated, hosts: []}
  two: {mode: isolated, hosts: [kvm2, kvm1.example.org]}
domains:
  web1: {nics: {lan: {network: all, address: 192.168.151.9}}}
  db1:
    host: kvm2
    nics: {lan: {network: all, address: 192.168.151.8, mac: 52:54:00:00:00:08}}
    forwards: [5432:5432]
"""
KNOWN = Hosts(
    file="hosts.yaml",
    hosts=tuple(ManagedHost(name=each, connect="test:///default") for each in ("kvm1", "kvm2")),
)
MAC = Mac("52:54:00:00:00:08")


def test_what_is_read(tmp_path: Path) -> None:
    spec = load(tmp_path, EXAMPLE)
    file = str(tmp_path / "spec.yaml")
    assert [want.hosts for want in spec.networks] == [
        (HostRef("kvm1", Place(file, 3, 54)),),
        None,
        (),
        (HostRef("kvm2", Place(file, 6, 33)), HostRef("kvm1.example.org", Place(file, 6, 39))),
    ]
    assert [domain.host for domain in spec.domains] == [None, HostRef("kvm2", Place(file, 10, 11))]
    assert list(spec.named_hosts) == ["kvm1", "kvm2", "kvm1.example.org"]
    assert spec.is_for_many


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("networks: {lab: {hosts: §none}}", "hosts: none is no host; write []"),
        ("networks: {lab: {hosts: §}}", "hosts has no value"),
        ("networks: {lab: {hosts: §{kvm1: yes}}}", "hosts has to be a list of names, not a map"),
        ("networks: {lab: {hosts: [kvm1, §a b]}}", "host 'a b': a name is letters"),
        ("networks: {lab: {hosts: [kvm1, §kvm1]}}", "hosts: kvm1 stands twice"),
        ("networks: {lab: {hosts: [§[kvm1]]}}", "hosts has to be one value, not a list"),
        ("networks: {lab: {§host: kvm1}}", "host is no key of a network. Did you mean hosts?"),
        ("domains: {web1: {host: §None}}", "host: none is no host; leave it out"),
        ("domains: {web1: {host: §[kvm1, kvm2]}}", "host has to be one value, not a list"),
        ("domains: {web1: {host: §'-oProxyCommand=x'}}", "host '-oProxyCommand=x': a name is"),
        ("domains: {web1: {host: §'qemu+ssh://kvm1/system'}}", "a name is letters"),
    ],
)
def test_what_is_wrong_with_one(tmp_path: Path, text: str, said: str) -> None:
    clean, (place,) = marked(f"version: 1\n{text}\n")
    (found,) = problems(write(tmp_path, spec=clean), below=tmp_path)
    assert found.startswith(f"spec.yaml:{place}: ")
    assert said in found


def test_two_files_say_one_domain(tmp_path: Path) -> None:
    a, b = "version: 1\ndomains: {web1: {host: kvm1}}", "version: 1\ndomains: {web1: {host: kvm2}}"
    bare = "version: 1\ndomains: {web1: {}}"
    (found,) = problems(write(tmp_path, a=a, b=b), below=tmp_path)
    assert "host of domain web1 is said in two ways: a.yaml:2:24 and b.yaml:2:24" in found
    for texts in ((a, bare), (bare, a), (a, a)):
        paths = write(tmp_path, **dict(zip("ab", texts, strict=True)))
        (domain,) = load_spec(paths).domains
        assert domain.host is not None
        assert domain.host.name == "kvm1"


ONE_NAME = "version: 1\nnetworks:\n  lab: {mode: %s, subnet: 10.9.%s.0/24%s}\n"


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        (", hosts: [kvm1]", ", hosts: [kvm2, kvm3]", False),
        (", hosts: [kvm1, kvm2]", ", hosts: [kvm2]", True),
        (", hosts: [kvm1]", "", True),
        ("", "", True),
    ],
)
def test_hosts_may_have_different_networks_of_one_name(
    tmp_path: Path, first: str, second: str, *, clash: bool
) -> None:
    texts = {"a": ONE_NAME % ("nat", 1, first), "b": ONE_NAME % ("isolated", 2, second)}
    paths = write(tmp_path, **texts)
    found = problems(paths, below=tmp_path)
    assert found == (["b.yaml:3:3: network lab stands twice: a.yaml:3:3 and b.yaml:3:3"] * clash)
    if clash:
        return
    spec = load_spec(paths)
    modes = {
        host: [str(want.patch.mode) for want in part_of(spec, host).networks]
        for host in ("kvm1", "kvm2", "kvm3", "kvm4")
    }
    assert modes == {"kvm1": ["nat"], "kvm2": ["isolated"], "kvm3": ["isolated"], "kvm4": []}
    others = {host: part_of(spec, host).other_networks for host in ("kvm1", "kvm4")}
    assert others == {"kvm1": (), "kvm4": (("lab", ("kvm1", "kvm2", "kvm3")),)}


def test_a_nic_is_held_against_the_network_of_its_host(tmp_path: Path) -> None:
    networks = (ONE_NAME % ("nat", 1, ", hosts: [kvm1]"), ONE_NAME % ("nat", 2, ", hosts: [kvm2]"))
    domains = """\
version: 1
domains:
  a: {host: kvm1, nics: {lan: {network: lab, address: 10.9.1.5}}}
  b: {host: kvm2, nics: {lan: {network: lab, address: §10.9.1.5}}}
  c: {nics: {lan: {network: lab, address: 10.9.3.5}}}
  d: {host: kvm3, nics: {§lan: {network: lab}}}
"""
    clean, places = marked(domains)
    paths = write(tmp_path, a=networks[0], b=networks[1], c=clean)
    first, second = problems(paths, below=tmp_path)
    assert first.startswith(f"c.yaml:{places[0]}: ")
    assert second == (
        f"c.yaml:{places[1]}: domain d is on kvm3, and the spec has network lab on kvm1, kvm2 alone"
    )


def test_hosts_that_nobody_knows(tmp_path: Path) -> None:
    paths = write(tmp_path, spec=EXAMPLE)
    loaded = load_all(paths, known=KNOWN)
    assert [str(each).replace(f"{tmp_path}/", "") for each in loaded.problems] == [
        "spec.yaml:6:39: hosts.yaml has no host kvm1.example.org"
    ]
    sound = load_sound(paths, known=KNOWN)
    assert [want.name for want in sound.spec.networks] == ["lab", "all", "off"]
    with pytest.raises(SpecError, match="Did you mean kvm2"):
        load_spec(write(tmp_path, a="version: 1\ndomains: {a: {host: kvm22}}"), known=KNOWN)


# What clashes on one host, and is no clash on two.
NETWORKS = """\
  one: {mode: nat, subnet: 192.168.150.0/24, bridge: virbr7%s}
  two: {mode: nat, subnet: 192.168.150.0/24, bridge: virbr7%s}
"""
DOMAINS = """\
  one: {%snics: {lan: {network: all, address: 192.168.151.9}}, forwards: [8080:80]}
  two: {%snics: {lan: {network: all, address: 192.168.151.9}}, forwards: [8080:80]}
"""


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("", "", True),
        ("kvm1", "", True),
        ("kvm1", "kvm2", False),
        ("kvm1, kvm3", "kvm2, kvm3", True),
    ],
)
def test_networks_clash_where_both_are(
    tmp_path: Path, first: str, second: str, *, clash: bool
) -> None:
    keys = tuple(f", hosts: [{hosts}]" if hosts else "" for hosts in (first, second))
    found = problems(
        write(tmp_path, spec=f"version: 1\nnetworks:\n{NETWORKS % keys}"), below=tmp_path
    )
    assert [each for each in found if "overlaps" in each or "is that of" in each] == found
    assert len(found) == (2 if clash else 0)


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [("", "", False), ("kvm1", "", False), ("kvm1", "kvm2", False), ("kvm1", "kvm1", True)],
)
def test_domains_clash_where_both_are(
    tmp_path: Path, first: str, second: str, *, clash: bool
) -> None:
    keys = tuple(f"host: {host}, " if host else "" for host in (first, second))
    network = "  all: {mode: nat, subnet: 192.168.151.0/24}\n"
    text = f"version: 1\nnetworks:\n{network}domains:\n{DOMAINS % keys}"
    loaded = load_all(write(tmp_path, spec=text), apart=True)
    assert len(loaded.problems) == (2 if clash else 0), loaded.problems
    assert len(load_all(write(tmp_path, spec=text)).problems) == (
        2 if clash or not any(keys) else 0
    )
    # Once it is known where they are, they do.
    same = part_of(loaded.spec, "kvm1", dict.fromkeys(("one", "two"), Placed(host="kvm1")))
    assert len(same.domains) == (keys.count("host: kvm1, ") + keys.count(""))


def test_one_nic_with_two_places_is_wrong_wherever_it_is(tmp_path: Path) -> None:
    text = """\
version: 1
networks: {all: {mode: nat, subnet: 192.168.151.0/24}}
domains:
  one:
    nics:
      a: {network: all, address: 192.168.151.9}
      b: {network: all, address: 192.168.151.9}
      c: {network: all, address: 192.168.99.9}
    forwards: [{host_port: 80, guest_port: 80, nic: a}, {host_port: 80, guest_port: 81, nic: a}]
"""
    assert len(load_all(write(tmp_path, spec=text), apart=True).problems) == 3


def test_nics_on_networks_of_other_hosts(tmp_path: Path) -> None:
    text = """\
version: 1
networks: {lab: {hosts: [kvm1]}, off: {hosts: []}}
domains:
  web1: {nics: {a: {network: lab}, b: {network: free}}}
  web2: {host: kvm2, nics: {§a: {network: lab}, §b: {network: off}, c: {network: free}}}
  web3: {host: kvm1, nics: {a: {network: lab}}}
"""
    clean, places = marked(text)
    paths = write(tmp_path, spec=clean)
    assert problems(paths, below=tmp_path) == [
        f"spec.yaml:{place}: domain web2 is on kvm2, and the spec has network {network}"
        for place, network in zip(places, ("lab on kvm1 alone", "off on no host"), strict=True)
    ]
    spec = load_all(paths).spec
    (found,) = set(networks_elsewhere(spec, {"web1": Placed(host="kvm3")})) - set(
        networks_elsewhere(spec)
    )
    assert "domain web1 is on kvm3" in str(found)


def names(spec: Spec) -> tuple[list[str], list[str], list[tuple[str, str | None]]]:
    """The networks and domains of a part, and what is elsewhere."""
    return (
        [want.name for want in spec.networks],
        [domain.name for domain in spec.domains],
        [(each.name, each.host) for each in spec.elsewhere],
    )


def test_parts_where_nobody_has_looked(tmp_path: Path) -> None:
    spec = load(tmp_path, EXAMPLE)
    assert names(part_of(spec, "kvm1")) == (["lab", "all"], ["web1"], [("db1", "kvm2")])
    assert names(part_of(spec, "kvm2")) == (["all", "two"], ["web1", "db1"], [])
    assert names(part_of(spec, "kvm9")) == (["all"], ["web1"], [("db1", "kvm2")])


def test_parts_where_each_domain_was_looked_for(tmp_path: Path) -> None:
    spec = load(tmp_path, EXAMPLE)
    placed = {"web1": Placed(host="kvm2", uuid="u", macs=(("lan", MAC),))}
    assert names(part_of(spec, "kvm2", placed)) == (["all", "two"], ["web1", "db1"], [])
    part = part_of(spec, "kvm1", placed)
    assert names(part) == (["lab", "all"], [], [("web1", "kvm2"), ("db1", "kvm2")])
    assert part.addresses == ()
    web1, db1 = part.elsewhere
    assert (web1.uuid, web1.macs) == ("u", (("lan", MAC),))
    assert (db1.uuid, db1.macs) == (None, ())
    assert [str(want.address) for want in db1.addresses] == ["192.168.151.8"]
    assert db1.forwards is not None
    # Who has not been found is on nobody's part, and left alone on each.
    for host in ("kvm1", "kvm2"):
        for unknown in ({}, {"web1": Placed(host=None, uuid="u")}):
            part = part_of(spec, host, unknown)
            assert ("web1", None) in names(part)[2]


def test_what_the_spec_says_is_nearer_than_where_it_was_found(tmp_path: Path) -> None:
    spec = load(tmp_path, EXAMPLE)
    part = part_of(spec, "kvm1", {"db1": Placed(host="kvm1", uuid="u")})
    (_, db1) = part.elsewhere
    assert (db1.name, db1.host, db1.uuid) == ("db1", "kvm2", None)


def test_the_wants_of_a_part(tmp_path: Path) -> None:
    desired = to_desired(part_of(load(tmp_path, EXAMPLE), "kvm1"))
    assert desired.spec is not None
    assert desired.spec.host == "kvm1"
    assert [each.name for each in desired.spec.elsewhere] == ["db1"]
    assert desired.spec.other_networks == (("off", ()), ("two", ("kvm2", "kvm1.example.org")))
    assert desired.domain_names == ("web1",)


def test_the_default_network_is_where_a_nic_needs_it(tmp_path: Path) -> None:
    text = """\
version: 1
domains:
  web1: {host: kvm1, nics: {lan: {bridge: br0}}}
  web2: {host: kvm2, nics: {lan: {nat: yes}}}
  web3: {host: kvm3, nics: {lan: {nat: yes}}}
"""
    spec = load(tmp_path, text)
    found = {host: part_of(spec, host).networks for host in ("kvm1", "kvm2", "kvm3")}
    assert [len(each) for each in found.values()] == [0, 1, 1]
    assert [str(each[0].origin)[-4:] for each in found.values() if each] == ["4:29", "5:29"]
