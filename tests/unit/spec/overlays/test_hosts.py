"""Overlays in specs for many hosts: each is one, wherever its guests are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.spec.texts import problems, write

GUESTS = """\
version: 1
networks: {blue: {mode: MODE, subnet: 10.66.0.0/24MORE}}
domains:
  web1: {host: kvm1, nics: {lan: {network: blue, mac: 52:54:00:00:00:01, address: 10.66.0.10}}}
  web2: {host: kvm2, nics: {lan: {network: blue, mac: 52:54:00:00:00:02, address: 10.66.0.10}}}
"""


@pytest.mark.parametrize(
    ("mode", "more", "count"),
    [
        ("overlay", "", 1),
        ("overlay", ", hosts: [kvm1, kvm2]", 1),
        ("overlay", ", addresses: {'52:54:00:00:00:01': 10.66.0.10}", 2),
        ("nat", "", 0),
    ],
)
def test_an_address_is_one_guests_on_all_hosts(
    tmp_path: Path, mode: str, more: str, count: int
) -> None:
    text = GUESTS.replace("MODE", mode).replace("MORE", more)
    found = problems(write(tmp_path, spec=text), below=tmp_path)
    assert len(found) == count
    assert all("10.66.0.10" in each for each in found)


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        (
            "{mode: overlay, hosts: [kvm1]}",
            "{mode: overlay, hosts: [kvm2]}",
            ["b.yaml:2:12: network blue stands twice: a.yaml:2:12 and b.yaml:2:12"],
        ),
        ("{mode: overlay, hosts: [kvm1]}", "{mode: nat, hosts: [kvm2]}", []),
        ("{mode: nat, hosts: [kvm1]}", "{mode: nat, hosts: [kvm2]}", []),
    ],
)
def test_it_stands_once(tmp_path: Path, one: str, two: str, said: list[str]) -> None:
    files = {
        name: f"version: 1\nnetworks: {{blue: {network}}}\n"
        for name, network in (("a", one), ("b", two))
    }
    assert problems(write(tmp_path, **files), below=tmp_path) == said


def test_its_subnets_are_in_nobodys_way(tmp_path: Path) -> None:
    text = """\
version: 1
networks:
  blue: {mode: overlay, subnet: 10.66.0.0/24}
  green: {mode: overlay, subnet: 10.66.0.0/16}
  lab: {mode: nat, subnet: 10.66.0.0/24}
"""
    assert problems(write(tmp_path, spec=text), below=tmp_path) == []
