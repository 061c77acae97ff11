"""What a page may show that is another word each time."""

from __future__ import annotations

import pytest

from tests.pages.alike import Names


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("as it is", "as it is"),
        ("trailing\nblanks", "trailing  \nblanks\n\n"),
        ("nic 52:54:00:11:22:33", "nic 52:54:00:aa:bb:cc"),
        ("lab/52:54:00:11:22:33: added", "lab/52:54:00:aa:bb:cc: added"),
        ("the guest sent 1 frame", "the guest sent 2 frames"),
        ("target vnet0", "target vnet17"),
        ("A        B\naa       b", "A    B\naa   b"),
        ("it has 10.10.0.151", "it has 10.10.0.102"),
        ("fe80::5054:ff:fe00:9901", "fe80::5054:ff:fe12:3456"),
        ("until 2026-01-02 10:11:12", "until 2026-11-29 08:07:06"),
        ("until 2026-01-02T10:11:12Z", "until 2026-11-29T08:07:06Z"),
        ("the guest sent 2 frames", "the guest sent 1 frame"),
        ("address lab/52:54:00:11:22:33: added", "address lab/52:54:00:aa:bb:cc: added"),
        ("first\n...\nlast", "first\na\nb\nlast"),
        ("first\n...\nlast", "first\nlast"),
        ("first\n...", "first\na\nb"),
        ("first\n...", "first"),
        ("...\nlast", "a\nb\nlast"),
        ("...\nlast", "last"),
        ("...", "a\nb"),
        ("a long ...", "a long line"),
        ("4a5b6c7d-0000-4000-8000-000000000001", "11111111-2222-4333-8444-555555555555"),
    ],
)
def test_alike(shown: str, printed: str) -> None:
    assert Names().alike(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("as it is", "as it was"),
        ("", "something"),
        ("A  B", "A B"),
        ("10.10.0.151", "10.11.0.151"),
        ("vnet0", "virbr0"),
        ("52:54:00:11:22:33 52:54:00:11:22:33", "52:54:00:aa:bb:cc 52:54:00:aa:bb:dd"),
        ("52:54:00:11:22:33 52:54:00:11:22:44", "52:54:00:aa:bb:cc 52:54:00:aa:bb:cc"),
        ("a long ...", "another long line"),
    ],
)
def test_not_alike(shown: str, printed: str) -> None:
    assert not Names().alike(shown, printed)


def test_a_word_keeps_what_it_stands_for() -> None:
    names = Names()
    assert names.alike("lan 52:54:00:11:22:33", "lan 52:54:00:aa:bb:cc")
    assert names.command("detach-nic vm 52:54:00:11:22:33") == "detach-nic vm 52:54:00:aa:bb:cc"
    assert not names.alike("52:54:00:11:22:33", "52:54:00:aa:bb:dd")
    # What was not alike has taught nothing.
    assert not names.alike("52:54:00:11:22:44 x", "52:54:00:aa:bb:dd y")
    assert names.alike("52:54:00:11:22:44", "52:54:00:aa:bb:ee")


def test_an_address_that_the_page_gives_is_meant() -> None:
    names = Names()
    names.command("reserve-address lab web1 192.168.150.10")
    assert not names.alike("192.168.150.10", "192.168.150.11")
    assert names.alike("192.168.150.12", "192.168.150.11")
