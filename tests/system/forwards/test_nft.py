"""This machine's rules by the real nft and iptables: what is written is what is read again."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import ok
from tests.system.nft_rules import after, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.lab import Lab

pytestmark = pytest.mark.firewall

GOOD = "table=True whole=True stray=False"
NONE = "table=False whole=True stray=False"


@dataclass(frozen=True)
class Host:
    """A namespace without libvirt's own rules, of whichever firewall backend."""

    lab: Lab
    name: str = "nohost"

    def run(self, argv: Sequence[str | Path]) -> CompletedProcess[str]:
        """Run a command in it, whatever it exits with."""
        return self.lab.run(["ip", "netns", "exec", self.name, *argv])

    def sh(self, command: str) -> str:
        """Run a shell command in it; it has to work."""
        return ok(self.run(["sh", "-c", command]))


def rules(lab: Host, name: str) -> tuple[str, list[str]]:
    """Write the rules of a name; the state, and what is there."""
    state, *lines = ok(lab.run([sys.executable, "-m", "tests.system.nft_rules", name])).splitlines()
    return state, lines


@pytest.fixture
def bare(lab: Lab) -> Iterator[Host]:
    """A host without any rules."""
    host = Host(lab)
    lab.sh(f"ip netns add {host.name}")
    yield host
    lab.sh(f"ip netns del {host.name}")


def test_what_is_written_is_what_is_read(bare: Host) -> None:
    assert rules(bare, "nothing") == (NONE, [])
    assert rules(bare, "all") == (GOOD, said(after("all")))
    before = bare.sh("nft list table inet vnetmgr; iptables -S; ip6tables -S")
    assert rules(bare, "all") == (GOOD, said(after("all")))
    assert bare.sh("nft list table inet vnetmgr; iptables -S; ip6tables -S") == before
    assert rules(bare, "none") == (NONE, [])
    assert "vnetmgr" not in bare.sh("nft list ruleset; iptables -S; ip6tables -S").lower()


@pytest.mark.parametrize(
    "names",
    [
        ("one", "other-address"),
        ("other-address", "one"),
        ("one", "other-port"),
        ("one", "moved"),
        ("other-address", "moved"),
        ("all", "one"),
        ("one", "all"),
    ],
)
def test_one_after_another(bare: Host, names: tuple[str, str]) -> None:
    for at in (1, 2):
        assert rules(bare, names[at - 1]) == (GOOD, said(after(*names[:at])))


@pytest.mark.parametrize(
    ("harm", "state"),
    [
        ("nft flush chain inet vnetmgr prerouting", "table=True whole=False stray=False"),
        ("nft flush chain inet vnetmgr guard", "table=True whole=False stray=False"),
        ("nft 'add table inet vnetmgr { flags dormant; }'", "table=True whole=False stray=False"),
        ("nft flush map inet vnetmgr port6", "table=True whole=True stray=True"),
        ("iptables -F VNETMGR", GOOD),
        ("iptables -F FORWARD", GOOD),
        ("ip6tables -A VNETMGR -o virbr9 -j ACCEPT", "table=True whole=True stray=True"),
        ("nft delete table inet vnetmgr", "table=False whole=True stray=True"),
    ],
)
def test_harm_is_seen_and_mended(bare: Host, harm: str, state: str) -> None:
    rules(bare, "all")
    bare.sh(harm)
    found = rules(bare, "nothing")
    assert found[0] == state
    assert found != (GOOD, said(after("all")))
    assert rules(bare, "all") == (GOOD, said(after("all")))


THEIRS = (
    "element inet vnetmgr address4 { 0.0.0.0/0 . 0.0.0.0/0 . tcp . 9000-9100 : 10.9.9.9 }",
    "element inet vnetmgr port4 { 0.0.0.0/0 . 0.0.0.0/0 . tcp . 9 : 9 }",
    "element inet vnetmgr localnet { br0 }",
    "chain inet vnetmgr theirs { type filter hook input priority 7; }",
    "set inet vnetmgr pairs { typeof ip saddr . tcp dport; flags interval, timeout; }",
    "map inet vnetmgr verdicts { type mark : verdict; }",
    "counter inet vnetmgr seen",
    "rule inet vnetmgr guard counter accept",
)


def test_what_others_put_into_the_table_stays_whatever_is_written(bare: Host) -> None:
    rules(bare, "all")
    for each in THEIRS:
        bare.sh(f"nft 'add {each}'")
    present = (
        "9000-9100 counter packets 0 bytes 0 : 10.9.9.9",
        "tcp . 9 : 9",
        '"br0"',
        "chain theirs",
        "set pairs",
        "map verdicts",
        "counter seen",
        "counter packets 0 bytes 0 accept",
    )
    for history in (("all", "nothing"), ("all", "one"), ("all", "one", "all")):
        state, found = rules(bare, history[-1])
        assert state == GOOD
        assert found == said(after(*history))
        listed = bare.sh("nft list table inet vnetmgr")
        assert [each for each in present if each not in listed] == []
    bare.sh("nft flush map inet vnetmgr same4; nft delete chain inet vnetmgr postrouting")
    bare.sh("nft 'add table inet vnetmgr { flags dormant; }'")
    assert rules(bare, "all") == (GOOD, said(after("all")))
    assert rules(bare, "none")[1] == []
    listed = bare.sh("nft list table inet vnetmgr")
    assert [each for each in present if each not in listed] == []
    assert "52:54:00" not in listed


def test_dormant_tables_of_others_end_no_listing(bare: Host) -> None:
    for name in ("a", "b"):
        bare.sh(f"nft 'add table ip {name} {{ flags dormant; }}'")
        bare.sh(
            f"nft 'add chain ip {name} c {{ type filter hook forward priority 0; policy drop; }}'"
        )
    assert rules(bare, "all") == (GOOD, said(after("all")))


def test_the_chain_of_iptables(bare: Host) -> None:
    bare.sh("iptables -A FORWARD -o other -j DROP")
    rules(bare, "all")
    listed = bare.sh("iptables -S FORWARD").splitlines()
    assert listed[1].endswith("-j VNETMGR")
    for direction, which in (("-o", ""), ("-i", " --ctdir REPLY")):
        for bridge in ("virbr7", "virbr8"):
            rule = f"-A VNETMGR {direction} {bridge} -m conntrack --ctstate DNAT{which} -j ACCEPT"
            assert rule in bare.sh("iptables -S VNETMGR")
    assert "virbr8" not in bare.sh("ip6tables -S VNETMGR")
    # What comes before our jump would decide first.
    bare.sh("iptables -D FORWARD 1")
    rules(bare, "none")
    assert bare.sh("iptables -S FORWARD").splitlines() == [
        "-P FORWARD ACCEPT",
        "-A FORWARD -o other -j DROP",
    ]
    bare.sh("iptables -D FORWARD -o other -j DROP")


def test_where_the_guard_does_not_stay_the_way_to_the_loopback_is_shut(
    bare: Host, tmp_path: Path
) -> None:
    """Somebody flushes all rules again and again, as a firewall does that is being set up."""
    setting = "/proc/sys/net/ipv4/conf/virbr7/route_localnet"
    bare.sh(f"ip link add virbr7 type bridge; echo 1 > {setting}")
    flusher = tmp_path / "nft"
    real = bare.sh("command -v nft").strip()
    flusher.write_text(f'#!/bin/sh\n{real} "$@"; code=$?\n{real} flush ruleset\nexit $code\n')
    flusher.chmod(0o755)
    path = f"PATH={tmp_path}:{bare.sh('echo $PATH').strip()}"
    run = bare.run(["env", path, sys.executable, "-m", "tests.system.nft_rules", "all"])
    assert "its guard is gone again" in run.stderr
    assert bare.sh(f"cat {setting}").strip() == "0"


LIBVIRTS = "; ".join(
    f"nft 'add table {family} libvirt_network; add chain {family} libvirt_network forward "
    "{ type filter hook forward priority filter; policy accept; }'"
    for family in ("ip", "ip6")
)


@pytest.mark.parametrize("before", ["true", LIBVIRTS])
def test_a_package_that_goes_says_which_rules_stand_and_what_takes_them_away(
    bare: Host, before: str
) -> None:
    setting = "/proc/sys/net/ipv4/conf/virbr7/route_localnet"
    removal = "sh -e debian/vnetmgr.prerm"
    bare.sh(f"ip link add virbr7 type bridge; {before}")
    assert bare.sh(f"{removal} remove") == ""
    rules(bare, "all")
    assert bare.sh(f"cat {setting}").strip() == "1"
    assert bare.sh(f"{removal} upgrade 0.2.0-1") == ""
    told, how = bare.sh(f"{removal} remove").split("as root:\n")
    lines = [line.strip() for line in told.splitlines()]
    assert "tcp 8080 -> 10.0.0.5 (on anywhere, from anywhere)" in lines
    assert "tcp 443 -> fd00::5 (on 2001:db8::1, from anywhere)" in lines
    assert "tcp 22 -> 10.0.0.5 (on anywhere, from 192.0.2.0/24)" in lines
    assert len(lines) == 1 + 11 + 1
    bare.sh(f"set -e\n{how}")
    assert "vnetmgr" not in bare.sh("nft list ruleset; iptables -S; ip6tables -S").lower()
    assert bare.sh(f"cat {setting}").strip() == "0"
    assert bare.sh(f"{removal} remove") == ""
