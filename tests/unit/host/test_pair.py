"""Which live nic belongs to which nic of the config."""

from __future__ import annotations

from vnetmgr.host.pair import Described, pair
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.values import Mac, PciAddress

A, B = Mac("52:54:00:00:00:0a"), Mac("52:54:00:00:00:0b")
C, D = Mac("52:54:00:00:00:0c"), Mac("52:54:00:00:00:0d")
SLOT_1, SLOT_2 = PciAddress.parse("01:00.0"), PciAddress.parse("02:00.0")


def _nic(
    mac: Mac | None, *, name: str | None = None, at: PciAddress | None = None, xml: str = ""
) -> Described:
    return Nic(source=Source(Mode.USER), mac=mac, name=name, pci_address=at), xml


def _pairs(config: list[Described], live: list[Described]) -> list[tuple[str, str]]:
    """(config, live) by the elements' text."""
    return [(seen.config_xml or "-", seen.live_xml or "-") for seen in pair("d", config, live)]


def test_by_alias_whatever_the_macs_say() -> None:
    config = [_nic(A, name="lan", xml="c1"), _nic(B, name="wan", xml="c2")]
    live = [_nic(A, name="wan", xml="l1"), _nic(B, name="lan", xml="l2")]
    assert _pairs(config, live) == [("c1", "l2"), ("c2", "l1")]


def test_by_mac_when_only_one_has_a_name() -> None:
    assert _pairs([_nic(A, name="lan", xml="c")], [_nic(A, xml="l")]) == [("c", "l")]


def test_by_address_when_two_have_one_mac() -> None:
    config = [_nic(A, at=SLOT_1, xml="c1"), _nic(A, at=SLOT_2, xml="c2")]
    live = [_nic(A, at=SLOT_2, xml="l2"), _nic(A, at=SLOT_1, xml="l1")]
    assert _pairs(config, live) == [("c1", "l1"), ("c2", "l2")]


def test_a_name_settles_its_nic_and_the_mac_of_the_rest_is_unique() -> None:
    config = [_nic(A, name="lan", xml="c1"), _nic(A, xml="c2")]
    live = [_nic(A, xml="l2"), _nic(A, name="lan", xml="l1")]
    assert _pairs(config, live) == [("c1", "l1"), ("c2", "l2")]


def test_nothing_is_guessed() -> None:
    config = [_nic(A, xml="c1"), _nic(A, xml="c2")]
    assert _pairs(config, [_nic(A, xml="l1")]) == [("c1", "-"), ("c2", "-"), ("-", "l1")]
    assert _pairs([_nic(None, xml="c")], [_nic(None, xml="l")]) == [("c", "-"), ("-", "l")]


def test_config_comes_first_in_its_order_then_what_is_only_live() -> None:
    config = [_nic(B, xml="c1"), _nic(A, xml="c2")]
    live = [_nic(Mac("52:54:00:00:00:0c"), xml="l0"), _nic(A, xml="l2")]
    assert _pairs(config, live) == [("c1", "-"), ("c2", "l2"), ("-", "l0")]


def test_keys_name_the_domain_and_the_nic() -> None:
    seen = pair("web1", [_nic(A, name="lan"), _nic(B)], [])
    assert [one.key for one in seen] == ["web1/lan", f"web1/{B}"]


def test_one_that_was_given_another_mac_and_name_by_what_was_written_down_of_it() -> None:
    config = [_nic(B, name="new", at=SLOT_1, xml="c1"), _nic(C, name="other", at=SLOT_2, xml="c2")]
    live = [_nic(A, name="old", at=SLOT_1, xml="l1"), _nic(D, name="odd", at=SLOT_2, xml="l2")]
    seen = pair("d", config, live, known={B: A, C: "52:54:00:00:00:ff"})
    # The slot proves nothing: a new nic takes that of one that was taken out of the config.
    assert [(one.config_xml, one.live_xml) for one in seen] == [
        ("c1", "l1"),
        ("c2", None),
        (None, "l2"),
    ]
