"""validate against several hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.driver.fleet.conftest import run
from tests.unit.spec.texts import marked

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
version: 1
networks: {only: {hosts: [kvm2]}}
domains:
  web1: {nics: {§a: {network: only}, §b: {network: nosuch}, c: {network: default}}}
  db1: {nics: {a: {network: only}, b: {network: lab}}}
  %s: {host: §kvm7}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec with some mistakes."""
    return tmp_path / "spec.yaml"


def test_each_host_has_its_part(hosts: Path, spec: Path) -> None:
    clean, places = marked(SPEC % "db9")
    spec.write_text(clean)
    ran = run(hosts, f"validate {spec} --host kvm1,kvm2 -o json")
    assert ran.code == 2
    assert [item["result"]["valid"] for item in ran["items"]] == [False, True]
    found = ran["items"][0]["result"]["problems"]
    assert [f"{each['line']}:{each['column']}" for each in found] == places[:2]
    assert "the spec has network only on kvm2 alone" in found[0]["message"]
    (error,) = ran["errors"]
    assert f"{spec}:{places[2]}: {hosts} has no host kvm7" in error["message"]
    text = run(hosts, f"validate {spec} --host kvm1,kvm2")
    assert "OK" not in text.out
    assert f"{spec}:{places[2]}: " in text.said


def test_all_is_well(hosts: Path, spec: Path) -> None:
    spec.write_text("version: 1\ndomains: {db1: {host: kvm2, nics: {a: {network: lab}}}}\n")
    ran = run(hosts, f"validate {spec} --host kvm*")
    assert (ran.code, ran.out) == (1, "kvm1:\nOK\n\nkvm2:\nOK\n")
    assert "kvm9: cannot connect" in ran.said
    assert run(hosts, f"validate {spec} --host kvm1,kvm2").code == 0


def test_who_is_asked_for_one_is_told_which_it_is(hosts: Path, spec: Path) -> None:
    spec.write_text("version: 1\ndomains: {db1: {host: kvm2, nics: {a: {network: lab}}}}\n")
    uri = f"test://{hosts.parent}/kvm2.xml"
    assert run(None, f"validate {spec}").code == 0
    refused = run(None, f"validate {spec} -c {uri}")
    assert (refused.code, "which this one is, nobody says" in refused.said) == (2, True)
    assert run(None, f"validate {spec} -c {uri} --this-host kvm2").code == 0
    assert (
        run(None, f"validate {spec} -c test://{hosts.parent}/kvm1.xml --this-host kvm1").code == 0
    )
