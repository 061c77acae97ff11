"""Which words may be an id or a UUID, and which names a pattern stands for."""

from __future__ import annotations

import pytest

from vnetmgr.model.names import domain_id, domain_uuid, is_pattern, matching

UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("0", 0), ("7", 7), ("999999999", 999_999_999)),
        *((text, None) for text in ("", "07", "00", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1")),
        *((text, None) for text in ("9999999999", "\u0661", "\u00b2", "1_0", "web1")),
    ],
)
def test_ids(text: str, number: int | None) -> None:
    assert domain_id(text) == number


@pytest.mark.parametrize("text", [UUID, UUID.upper(), UUID.replace("-", "")])
def test_uuids(text: str) -> None:
    assert domain_uuid(text) == UUID


@pytest.mark.parametrize(
    "text",
    [
        *("", UUID[:-1], f"{UUID}0", f" {UUID}", f"{{{UUID}}}", UUID.replace("6", "g")),
        *(UUID.replace("-", "", 1), f"{UUID[:7]}-{UUID[7:]}", f"{UUID[:-1]}\n"),
    ],
)
def test_what_is_no_uuid(text: str) -> None:
    assert domain_uuid(text) is None


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("web*", "web1 web2 web-x"),
        ("web?", "web1 web2"),
        ("*[!12]", "web-x db WEB1a"),
        ("*[^12]", "web-x db WEB1a"),
        ("[wd]*", "web1 web2 web-x db"),
        ("w", ""),
        ("[", ""),
    ],
)
def test_patterns(pattern: str, found: str) -> None:
    assert matching(pattern, ["web1", "web2", "web-x", "db", "WEB1a"]) == found.split()


def test_what_may_be_a_pattern() -> None:
    assert [each for each in ("a*", "a?", "[a", "a]", "a", "") if is_pattern(each)] == [
        *("a*", "a?", "[a"),
    ]
