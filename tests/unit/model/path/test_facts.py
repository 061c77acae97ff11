"""Looking things up in a snapshot."""

from __future__ import annotations

from ipaddress import ip_address

from tests.unit.model.path.examples import BRIDGE, FACTS, MAC, TAP, WEB1
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac

OTHER = Mac("52:54:00:00:00:02")


def test_things_are_found_by_what_they_are_called() -> None:
    assert FACTS.domain("web1") is WEB1
    assert FACTS.domain("web2") is None
    assert FACTS.network("lab") is FACTS.networks[0]
    assert FACTS.link("virbr1") is BRIDGE
    assert FACTS.link(None) is None
    assert FACTS.ports("virbr1") == (TAP,)
    assert FACTS.behind("virbr1", MAC) == FACTS.fdb
    assert FACTS.behind("virbr1", OTHER) == ()
    assert FACTS.neighbour(ip_address("10.0.0.5")) == FACTS.neighbours
    assert FACTS.leases_of(MAC) == FACTS.leases
    assert FACTS.with_mac(MAC) == ((WEB1, WEB1.nics[0]),)
    assert FACTS.on_bridge("virbr1") == ((WEB1, WEB1.nics[0]),)


def test_what_was_not_seen_is_not_found_and_says_why() -> None:
    blind = PathFacts(uri="u", host="h", taken_s=0, unseen=FACTS.unseen)
    assert blind.link("virbr1") is None
    assert blind.ports("virbr1") == ()
    why = blind.why_unseen("rulesets.ip6tables_legacy", "web1")
    assert why is not None
    assert why.why == "needs root"
    assert blind.why_unseen("links") is None


def test_a_copy_looks_things_up_anew() -> None:
    assert FACTS.domain("web1") is WEB1
    changed = replace(FACTS, domains=())
    assert changed.domain("web1") is None


def test_a_nic_is_addressed_in_every_way_but_by_position() -> None:
    (nic,) = WEB1.nics
    for key in ("lan", MAC, "vnet0", "0000:01:00.0"):
        assert WEB1.nics_called(key) == (nic,)
    assert WEB1.nics_called("0") == ()
    assert len(replace(WEB1, nics=(nic, nic)).nics_called(MAC)) == 2
