"""check-migration among several hosts: which one the guest is on, and which one it is to go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.driver.fleet.conftest import UUID, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "words",
    [
        "web1 kvm2 --host kvm1",
        "web1 kvm2 --host kvm1,kvm2",
        "web1 kvm2 --host kvm1,old*",
        f"{UUID}1 kvm2 --host kvm*",
        "web1 kvm2",
    ],
)
def test_it_is_found_where_it_is(hosts: Path, words: str) -> None:
    ran = run(hosts, f"check-migration {words} -o json")
    assert (ran["kind"], ran["domain"]) == ("migration-check", "web1")
    assert (ran["source"], ran["destination"]) == ("kvm1", "kvm2")
    # All of them are on one machine.
    assert [item["object"] for item in ran["items"] if item["blocking"]] == ["host"]
    asked_kvm9 = "--host" not in words or "kvm*" in words
    assert any("not looked for on kvm9" in note for note in ran["notes"]) is asked_kvm9
    assert ran.code == 4


def test_commands_are_for_the_host_that_it_goes_to(hosts: Path, tmp_path: Path) -> None:
    node = tmp_path / "kvm1.xml"
    node.write_text(node.read_text().replace("default", "other").replace("192.168.122", "10.7.7"))
    ran = run(hosts, "check-migration web1 kvm2 --host kvm1 -o json")
    (made,) = [item["remedy"] for item in ran["items"] if item["object"] == "network"]
    assert made == (
        "vnetmgr create-network other --mode nat --subnet 10.7.7.0/24 --no-dhcp "
        f"--no-autostart --hosts {hosts} --host kvm2"
    )
    assert run(None, made.removeprefix("vnetmgr ")).code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("nobody kvm2 --host kvm1,kvm2", 1, "no domain nobody on kvm1, kvm2"),
        ("nobody kvm2 --host kvm1", 1, "no domain nobody"),
        ("nobody kvm2", 1, "kvm9 did not answer, and may have it"),
        ("app kvm2 --host old*", 4, "app is on old1, old2"),
        ("db1 kvm2 --host kvm1,kvm2", 4, "db1 is on kvm2 already"),
        ("web1 kvm1 --host kvm1", 2, "kvm1 alone is chosen"),
        ("web1 kvm9", 1, "kvm9"),
        ("web1 kvm9 --host kvm1", 1, "127.0.0.1:1"),
        ("web1 kvm3", 2, "no host kvm3"),
        ("web1 kvm* --host kvm1", 2, "TO_HOST"),
        ("web1 kvm2 --host kvm7", 2, "no host kvm7"),
    ],
)
def test_what_cannot_be_checked(hosts: Path, words: str, code: int, said: str) -> None:
    ran = run(hosts, f"check-migration {words} -o json")
    assert (ran.code, ran["kind"], ran["exit_code"]) == (code, "error", code)
    assert said in f"{ran['message']} {ran['hint']}"
    assert "Traceback" not in ran.said


def test_for_people(hosts: Path) -> None:
    ran = run(hosts, "check-migration web1 kvm2 --host kvm1")
    assert ran.out.startswith("web1 from kvm1 to kvm2: 1 thing is in the way\nOBJECT ")
    assert run(hosts, "check-migration web1 kvm2 --host kvm1 -o name").out == "host/kvm2\n"
