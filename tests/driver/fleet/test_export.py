"""The spec that several hosts make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.driver.fleet.conftest import run
from vnetmgr.spec.files import load_spec
from vnetmgr.spec.parts import part_of

if TYPE_CHECKING:
    from pathlib import Path

BOTH = "--host kvm1,kvm2"


@pytest.fixture
def two(hosts: Path) -> Path:
    """A file of kvm1 and kvm2 alone."""
    lines = [line for line in hosts.read_text().splitlines() if "old" not in line]
    hosts.write_text("\n".join(line for line in lines if "kvm9" not in line) + "\n")
    return hosts


def test_one_spec_of_two(two: Path, tmp_path: Path) -> None:
    ran = run(two, "export")
    assert (ran.code, ran.said) == (0, "")
    path = tmp_path / "out.yaml"
    path.write_text(ran.out)
    spec = load_spec([str(path)])
    assert {want.name: want.hosts and want.hosts[0].name for want in spec.networks} == {
        "default": None,
        "lab": "kvm2",
    }
    for host, name in (("kvm1", "web1"), ("kvm2", "db1")):
        assert [domain.name for domain in part_of(spec, host).domains] == [name]
    written = run(two, f"export --file {tmp_path / 'file.yaml'}")
    assert (written.code, written.out) == (0, "")
    assert (tmp_path / "file.yaml").read_text() == ran.out


def test_the_host_of_a_domain(hosts: Path) -> None:
    ran = run(hosts, "export db1 --host kvm1,kvm2")
    assert "  db1:\n    host: kvm2\n" in ran.out
    assert "  default:\n    hosts: [kvm2]\n" in ran.out
    assert (ran.code, "web1" in ran.out) == (0, False)


def test_programs_have_each_hosts_own(hosts: Path) -> None:
    ran = run(hosts, f"export {BOTH} -o json")
    assert [item["result"]["kind"] for item in ran["items"]] == ["spec", "spec"]
    assert "host:" not in ran["items"][0]["result"]["text"]


def test_what_is_not_known_is_said_and_never_in_a_file(hosts: Path, tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("before\n")
    ran = run(hosts, f"export --host kvm1,kvm9 --file {path}")
    assert ran.code == 1
    assert "kvm9: cannot connect" in ran.said
    assert f"{path} is not written" in ran.said
    assert path.read_text() == "before\n"
    shown = run(hosts, "export --host kvm1,kvm9")
    assert (shown.code, "# What is on kvm9 is not known.\n" in shown.out) == (1, True)


def test_what_does_not_go_together_is_named(hosts: Path, tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    ran = run(hosts, f"export --host old1,old2 --file {path}")
    assert ran.code == 4
    assert "domain app is on old1, old2, and a spec has it on one" in ran.said
    assert load_spec([str(path)]).domains == ()
