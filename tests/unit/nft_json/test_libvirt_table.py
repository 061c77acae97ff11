"""Accepts in libvirt's own table."""

from __future__ import annotations

from tests.unit.nft_json.samples import LISTED, OTHERS, entries
from vnetmgr.nft_json.libvirt_table import accept_commands, is_complete, removal_commands
from vnetmgr.nft_json.read import Listing


def test_they_are_found_again() -> None:
    listing = Listing(entries(OTHERS))
    found = listing.accepts
    assert listing.libvirt_versions == (4,)
    assert found.keys() == {("virbr7", 4), ("virbr8", 4)}
    # One way alone lets no connection through; and virbr9's is not vnetmgr's.
    assert [is_complete(each) for each in found.values()] == [True, False]
    assert Listing(entries(LISTED)).libvirt_versions == ()


def test_they_are_made_as_nft_lists_them() -> None:
    made = [each["insert"]["rule"] for each in accept_commands([("virbr7", 4)])]
    listed = [
        {key: value for key, value in each["rule"].items() if key != "handle"}
        for each in entries(OTHERS)
        if each.get("rule", {}).get("comment") == "vnetmgr" and "virbr7" in str(each)
    ]
    assert made == listed
    (six, _) = accept_commands([("virbr7", 6)])
    assert six["insert"]["rule"]["family"] == "ip6"


def test_they_are_taken_away_by_their_handles() -> None:
    gone = list(removal_commands({("virbr7", 4): [5, 6], ("virbr7", 6): [7]}))
    place = {"table": "libvirt_network", "chain": "forward"}
    assert gone == [
        {"delete": {"rule": {"family": "ip", **place, "handle": 5}}},
        {"delete": {"rule": {"family": "ip", **place, "handle": 6}}},
        {"delete": {"rule": {"family": "ip6", **place, "handle": 7}}},
    ]
