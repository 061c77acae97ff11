"""A spec for several hosts, done by one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.driver.fleet.conftest import run

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
version: 1
networks:
  blue: {mode: isolated, subnet: 10.77.0.0/24, hosts: [kvm2]}
  red: {mode: isolated, subnet: 10.78.0.0/24, hosts: [kvm1]}
domains:
  web1: {nics: {lan: {network: default}}}
  db1: {host: kvm2, nics: {lan: {network: blue}}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec of kvm1 and kvm2."""
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    return path


def test_who_names_no_host_is_told_where_the_spec_does(hosts: Path, spec: Path) -> None:
    for command in ("plan", "apply --yes", "reconcile"):
        ran = run(None, f"{command} {spec} -c test://{hosts.parent}/kvm1.xml -o json")
        assert (ran.code, ran["kind"]) == (2, "error")
        assert f"({spec}:3:56, {spec}:4:55, {spec}:7:15)" in ran["message"]
        assert "--this-host NAME" in ran["hint"]


@pytest.mark.parametrize(
    ("host", "networks"), [("kvm1", {"red"}), ("kvm2", {"blue"}), ("kvm7", set())]
)
def test_one_does_its_part(hosts: Path, spec: Path, host: str, networks: set[str]) -> None:
    uri = f"test://{hosts.parent}/{'kvm1' if host == 'kvm7' else host}.xml"
    ran = run(None, f"plan {spec} -c {uri} --this-host {host} -o json")
    assert ran.code == 0
    made = {each["name"] for each in ran["changes"] if each["object"] == "network"}
    assert made == networks
    noted = [text for text in ran["notes"] if "names no host" in text]
    assert len(noted) == (host == "kvm7")


def test_from_cron_it_is_silent_but_where_the_spec_does_not_name_it(
    hosts: Path, spec: Path
) -> None:
    spec.write_text("version: 1\ndomains: {db1: {host: kvm2}}\n")
    uri = f"test://{hosts.parent}/kvm1.xml"
    for more, code in (("", 0), ("--dry-run", 0)):
        ran = run(None, f"reconcile {spec} -c {uri} --this-host kvm1 {more}")
        said = "the spec names no host kvm1, which this one is; it has kvm2"
        assert (ran.code, ran.out, ran.said.splitlines()) == (code, "", [said])
    quiet = run(None, f"reconcile {spec} -c {uri} --this-host kvm1 -q")
    assert quiet.said == ""
    named = run(None, f"reconcile {spec} -c test://{hosts.parent}/kvm2.xml --this-host kvm2")
    assert (named.code, named.out, named.said) == (0, "", "")


def test_names_that_the_hosts_file_does_not_have(hosts: Path, spec: Path) -> None:
    spec.write_text(SPEC.replace("host: kvm2", "host: kvm22"))
    for command in ("plan", "apply --yes"):
        ran = run(hosts, f"{command} {spec} --host kvm1,kvm2")
        assert (ran.code, ran.out) == (2, "")
        assert f"{spec}:7:15: {hosts} has no host kvm22. Did you mean kvm2?" in ran.said
