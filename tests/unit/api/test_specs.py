"""A spec for several hosts, read on one of them, or handed over to it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from vnetmgr.api.specs import load_desired, load_told
from vnetmgr.api.this_host import own_name
from vnetmgr.errors import SpecError, UsageError
from vnetmgr.model.spec import Placed
from vnetmgr.spec.files import SpecText
from vnetmgr.spec.placed import Bundle

if TYPE_CHECKING:
    from pathlib import Path

    from vnetmgr.model.desired import Desired, SpecScope

SPEC = """\
version: 1
networks:
  lab: {mode: isolated, hosts: [kvm1]}
  off: {mode: isolated, hosts: []}
domains:
  web1: {nics: {lan: {bridge: br0}}, forwards: [8080:80]}
  web2: {nics: {lan: {bridge: br0}}, forwards: [8080:80]}
  db1: {host: kvm2, nics: {lan: {bridge: br0}}}
  db2: {host: kvm3}
"""


def scope(desired: Desired) -> SpecScope:
    """How it is meant."""
    assert desired.spec is not None
    return desired.spec


def names(desired: Desired) -> list[str]:
    """The domains that are planned here."""
    return [name for name, _ in scope(desired).domains]


def test_who_says_nothing_of_hosts_is_told_where_the_spec_does(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SPEC)
    with pytest.raises(UsageError) as caught:
        load_desired(str(path))
    places = f"({path}:3:33, {path}:4:3, {path}:8:15 and 1 more)"
    assert places in caught.value.message
    assert "--hosts FILE" in (caught.value.hint or "")
    assert "--this-host NAME" in (caught.value.hint or "")
    with pytest.raises(UsageError, match="which this one is, nobody says"):
        load_desired(str(path), all_or_nothing=False)


@pytest.mark.parametrize(
    ("host", "networks", "domains", "noted"),
    [
        ("kvm1", ["lab"], ["web1", "web2"], False),
        ("kvm2", [], ["web1", "web2", "db1"], False),
        ("kvm4", [], ["web1", "web2"], True),
    ],
)
def test_one_host_takes_its_part(
    host: str, networks: list[str], domains: list[str], *, noted: bool
) -> None:
    desired = load_desired(io.StringIO(SPEC), this_host=host)
    assert [want.name for want in desired.networks] == networks
    assert names(desired) == domains
    assert scope(desired).host == host
    note = f"the spec names no host {host}, which this one is; it has kvm1, kvm2, kvm3"
    assert scope(desired).notes == ((note,) if noted else ())


def test_a_spec_that_names_none_is_for_each() -> None:
    spec = {"version": 1, "domains": {"web1": {"nics": {"lan": {"bridge": "br0"}}}}}
    desired = load_desired(spec, this_host="kvm1")
    assert (names(desired), scope(desired).notes) == (["web1"], ())


@pytest.mark.parametrize(
    ("hostname", "named", "found"),
    [
        ("kvm1", ["kvm1", "kvm2"], "kvm1"),
        ("kvm1.example.org", ["kvm1", "kvm2"], "kvm1"),
        ("kvm1", ["kvm1.example.org", "kvm2.example.org"], "kvm1.example.org"),
        ("kvm1", ["kvm1", "kvm1.example.org"], "kvm1"),
        ("KVM1", ["kvm1"], "kvm1"),
        ("kvm1.example.org", ["kvm1.example.com"], "kvm1.example.org"),
        ("kvm3", ["kvm1"], "kvm3"),
        ("kvm3", [], "kvm3"),
    ],
)
def test_the_machines_own_name(hostname: str, named: list[str], found: str) -> None:
    assert own_name(hostname, named) == found


def test_a_machine_that_may_be_either() -> None:
    with pytest.raises(UsageError, match=r"the spec has kvm1\.a, kvm1\.b") as caught:
        own_name("kvm1", ["kvm1.a", "kvm1.b"])
    assert "--this-host kvm1.a" in (caught.value.hint or "")


def test_the_own_name_is_used_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "kvm2.example.org")
    assert names(load_desired(io.StringIO(SPEC), this_host="")) == ["web1", "web2", "db1"]


def told(text: str, **placed: str) -> Bundle:
    """A spec that is handed over, with where its domains are."""
    places = {name: Placed(host=host) for name, host in placed.items()}
    return Bundle(files=(SpecText("conf.d/a.yaml", text),), placed=places)


def test_a_spec_that_is_handed_over() -> None:
    desired = load_told(told(SPEC, web1="kvm2", web2="kvm1"), "kvm2", strict=True)
    assert names(desired) == ["web1", "db1"]
    assert [(each.name, each.host) for each in scope(desired).elsewhere] == [
        ("web2", "kvm1"),
        ("db2", "kvm3"),
    ]
    assert str(desired.nics[0].origin) == "conf.d/a.yaml:6:17"
    assert scope(desired).strict


def test_what_is_wrong_in_it_was_told_where_it_comes_from() -> None:
    wrong = SPEC.replace("db1: {host: kvm2", "db1: {nosuch: 1, host: kvm2")
    desired = load_told(told(wrong, web1="kvm2"), "kvm2", prune=True)
    assert names(desired) == ["web1"]
    assert (scope(desired).problems, scope(desired).incomplete) == ((), True)
    assert not scope(desired).prune_all


def test_problems_are_at_the_senders_files() -> None:
    with pytest.raises(SpecError, match=r"<text>:3:1: nosuch is no key of a spec"):
        load_desired(io.StringIO("version: 1\ndomains: {}\nnosuch: 1\n"), this_host="kvm1")
