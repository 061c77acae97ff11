"""Where the endpoint listens: here alone, unless somebody says otherwise."""

from __future__ import annotations

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.metrics.addresses import read_address

PUBLIC = ["0.0.0.0:9477", "[::]:9477", "192.0.2.1:9477", "[2001:db8::1]:9477"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("9477", "127.0.0.1:9477"),
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("127.1.2.3:65535", "127.1.2.3:65535"),
        ("[::1]:9477", "[::1]:9477"),
    ],
)
def test_this_machine_alone(text: str, shown: str) -> None:
    assert str(read_address(text, public=False)) == shown


@pytest.mark.parametrize("text", PUBLIC)
def test_others_only_when_that_is_said(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_address(text, public=False)
    assert "--public" in (refused.value.hint or "")
    assert str(read_address(text, public=True)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", ":9477", "127.0.0.1:", "127.0.0.1", "65536", "-1", "+80", "0x50", "9477 ", "٣"),
        *("localhost:9477", "::1:9477", "[127.0.0.1]:9477", "[::1]", "[fe80::1%eth0]:9477"),
        *("127.1:9477", "[::1]x:9477", "http://127.0.0.1:9477", "*:9477"),
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_address(text, public=True)
    assert refused.value.hint
