"""Which rules can be seen, and what is said of those that cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.local import programs
from vnetmgr.local.firewall.listing import read_listing
from vnetmgr.local.path.asking import Asked
from vnetmgr.local.path.rulesets import read_rulesets
from vnetmgr.model.path.unseen import Need


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for programs, the only one; and somebody who may ask."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(programs, "_hangs", {})
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_somebody_who_may_not_ask_is_told_what_it_takes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    asked = Asked()
    found = read_rulesets(asked, root)
    assert (found.nft, found.iptables_legacy, found.ip6tables_legacy) == (None, None, None)
    assert {each.needs for each in asked.unseen} == {Need.ROOT}
    assert len(asked.unseen) == 6


def test_tables_of_the_old_kind_are_asked_for_where_the_kernel_has_some(root: Path) -> None:
    program(root, "nft", """echo '{"nftables": [{"table": {"family": "ip", "name": "t"}}]}'""")
    program(root, "iptables-legacy-save", "echo '*filter'")
    program(root, "ip6tables-legacy-save", "echo no one calls; exit 1")
    (root / "ip_tables_names").write_text("filter\n")
    (root / "ip6_tables_names").write_text("")
    asked = Asked()
    found = read_rulesets(asked, root)
    assert found.nft == ({"table": {"family": "ip", "name": "t"}},)
    assert (found.iptables_legacy, found.ip6tables_legacy) == ("*filter\n", "")
    assert asked.unseen == []


def test_iptables_face_of_nftables_is_asked_for_where_nft_does_not_say_all(root: Path) -> None:
    rule = """{"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [{"xt": {}}]}}"""
    program(root, "nft", f"""echo '{{"nftables": [{rule}]}}'""")
    program(root, "iptables-nft-save", "echo '*filter'")
    asked = Asked()
    found = read_rulesets(asked, root)
    assert (found.iptables_nft, found.ip6tables_nft, found.ebtables_nft) == ("*filter\n", "", "")
    assert asked.unseen == []


def test_programs_that_are_missing_or_fail_or_say_odd_things(root: Path) -> None:
    program(root, "iptables-legacy-save", "echo who are you >&2; exit 3")
    (root / "ip_tables_names").write_text("filter\n")
    asked = Asked()
    found = read_rulesets(asked, root)
    assert (found.nft, found.iptables_legacy, found.ip6tables_legacy) == (None, None, "")
    assert [(each.part, each.needs) for each in asked.unseen] == [
        ("rulesets.nft", Need.PROGRAM),
        ("rulesets.iptables_legacy", Need.OTHER),
    ]
    assert "apt install nftables" in asked.unseen[0].why
    assert "who are you" in asked.unseen[1].why


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "aaaa",
        "\\377\\376",
        "[]",
        "{}",
        '{"nftables": [{"rule": 5}, null]}',
        '{"nftables": [5]}',
        '{"nftables": [{"rule": {}}]}',
        '{"nftables": [{"table": {"family": "ip"}}]}',
        '{"nftables": [{"chain": {"family": "ip", "table": "a", "name": 7}}]}',
    ],
)
def test_an_answer_that_is_not_nfts_does_not_say_that_there_are_no_rules(
    root: Path, answer: str
) -> None:
    program(root, "nft", f"printf '{answer}'")
    asked = Asked()
    assert read_rulesets(asked, root).nft is None
    assert "rulesets.nft" in {each.part for each in asked.unseen}
    with pytest.raises(VnetError, match="no way that can be read"):
        read_listing()
