"""A spec's `ovn`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.spec.test_schema import fits, spec_of
from tests.unit.spec.texts import load, marked, problems, write
from vnetmgr.api.specs import load_desired, load_told
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.record import replace
from vnetmgr.planner.scope import scope_of
from vnetmgr.spec.files import SpecText, load_sound
from vnetmgr.spec.parts import part_of
from vnetmgr.spec.placed import Bundle
from vnetmgr.spec.schema import json_schema

WHOLE = """\
version: 1
ovn:
  northbound: ssl:ovn1:6641, ssl:ovn2:6641
  private_key: /etc/ovn/key.pem
  certificate: /etc/ovn/cert.pem
  ca_cert: /etc/ovn/ca.pem
  fleet: prod
  revision: 42
"""
FOUND = OvnSettings(
    northbound="ssl:ovn1:6641,ssl:ovn2:6641",
    private_key="/etc/ovn/key.pem",
    certificate="/etc/ovn/cert.pem",
    ca_cert="/etc/ovn/ca.pem",
    fleet="prod",
    revision=42,
)


def test_all_of_it_and_whoever_asks_is_told(tmp_path: Path) -> None:
    spec = load(tmp_path, WHOLE)
    assert spec.ovn is not None
    assert str(spec.ovn.origin) == f"{tmp_path}/spec.yaml:3:3"
    assert replace(spec.ovn, origin=None) == FOUND
    assert part_of(spec, "kvm1").ovn == spec.ovn
    desired = load_desired(str(tmp_path / "spec.yaml"))
    assert scope_of(desired).ovn == desired.ovn == spec.ovn


@pytest.mark.parametrize("revision", [None, 0, 43])
def test_a_revision_may_be_said_beside_it(tmp_path: Path, revision: int | None) -> None:
    (path,) = write(tmp_path, spec=WHOLE)
    told = Bundle(files=(SpecText("spec.yaml", WHOLE),), placed={})
    for desired in (
        load_desired(path, revision=revision),
        load_told(told, "kvm1", revision=revision),
    ):
        assert desired.ovn is not None
        assert desired.ovn.revision == (42 if revision is None else revision)
        assert desired.ovn.fleet == "prod"
    (plain,) = write(tmp_path, spec="version: 1\n")
    ovn = load_desired(plain, revision=revision).ovn
    assert ovn == OvnSettings(fleet="default", revision=revision)


@pytest.mark.parametrize(
    "text",
    [
        "ovn: {northbound: §[]}",
        "ovn: {northbound: [tcp:a:1, §{}]}",
        "ovn: {northbound: §[tcp:a:1, x]}",
        "ovn: {northbound: §x, fleet: §none, revision: §-1, private_key: §k.pem}",
        "ovn: {§host: a, northbound: §}",
        "ovn:§",
        "ovn: §[a]",
        "ovn: {revision: §[1], northbound: §{}}",
        "ovn: {revision: 1, §revision: 2}",
        "ovn: {private_key: §/k}",
        "ovn: {certificate: §/c, northbound: 'ssl:a:1'}",
        "ovn: {ca_cert: §/c, northbound: 'tcp:a:1,unix:/x'}",
        "ovn: {northbound: 'tcp:a:1', private_key: §/k, certificate: §/c}",
        "ovn: {revision: 042, ca_cert: /c}",
        "ovn: {northbound: 'ssl:a:1,tcp:b:1', ca_cert: /c}",
        "ovn: {}",
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, text: str) -> None:
    clean, places = marked(f"version: 1\n{text}\n")
    found = problems(write(tmp_path, spec=clean), below=tmp_path)
    assert [":".join(each.split(":")[1:3]) for each in found] == places


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        ("{revision: 42}", "{revision: 42, fleet: prod}", []),
        ("{northbound: 'tcp:a:1'}", "{northbound: ' tcp:a:1'}", []),
        (
            "{revision: 42, fleet: prod}",
            "{fleet: test, revision: 43}",
            [
                "b.yaml:2:14: fleet is said in two ways: a.yaml:2:28 and b.yaml:2:14",
                "b.yaml:2:30: revision is said in two ways: a.yaml:2:17 and b.yaml:2:30",
            ],
        ),
        ("{private_key: /k}", "{certificate: /c}", []),
        (
            "{northbound: 'tcp:a:1'}",
            "{ca_cert: /c}",
            ["b.yaml:2:16: ca_cert is for ssl:, and northbound is tcp:a:1"],
        ),
    ],
)
def test_of_several_files(tmp_path: Path, one: str, two: str, said: list[str]) -> None:
    paths = write(tmp_path, a=f"version: 1\novn: {one}\n", b=f"version: 1\novn: {two}\n")
    assert problems(paths, below=tmp_path) == said


LAB = """\
version: 1
ovn: {fleet: prod, revision: 1}
networks: {lab: {mode: nat}}
domains: {web1: {nics: {lan: {network: lab}}}}
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[ssl:a:1, 'ssl:b:1, ssl:c:1']", "ssl:a:1,ssl:b:1,ssl:c:1"),
        ("[ssl:a:1]", "ssl:a:1"),
        ("'ssl:a:1, ssl:b:1'", "ssl:a:1,ssl:b:1"),
    ],
)
def test_a_cluster(tmp_path: Path, text: str, found: str) -> None:
    text = f"version: 1\novn: {{northbound: {text}}}\n"
    spec = load(tmp_path, text)
    assert spec.ovn is not None
    assert spec.ovn.northbound == found
    assert fits(json_schema(), spec_of(text))


def test_several_files_are_one(tmp_path: Path) -> None:
    paths = write(tmp_path, a=LAB, b="version: 1\novn: {northbound: 'tcp:a:1', fleet: prod}\n")
    found = load_sound(paths).spec.ovn
    assert found is not None
    assert replace(found, origin=None) == OvnSettings(
        northbound="tcp:a:1", fleet="prod", revision=1
    )


@pytest.mark.parametrize(
    "other", ["ovn: {revision: x}", "ovn: {fleet: test}", "ovn: {revison: 2}", "ovn: []"]
)
def test_what_is_wrong_is_in_nobodys_way_that_is_on_no_overlay(tmp_path: Path, other: str) -> None:
    loaded = load_sound(write(tmp_path, a=LAB, b=f"version: 1\n{other}\nnetworks: {{b: {{}}}}\n"))
    assert loaded.spec.ovn is None
    assert {want.name for want in loaded.spec.networks} == {"lab", "b"}
    assert {each.name for each in loaded.spec.domains} == {"web1"}
    assert loaded.problems
