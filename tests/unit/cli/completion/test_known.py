"""How completion asks libvirt."""

from __future__ import annotations

import pytest

from vnetmgr.cli.completion.known import without_questions
from vnetmgr.cli.completion.line import named_uri


@pytest.mark.parametrize(
    ("uri", "asked"),
    [
        (None, None),
        ("qemu:///system", "qemu:///system"),
        ("qemu+tls://hostb/system", "qemu+tls://hostb/system"),
        ("qemu+ssh://hostb/system", "qemu+ssh://hostb/system?no_tty=1"),
        ("qemu+ssh://hostb/system?keyfile=K", "qemu+ssh://hostb/system?keyfile=K&no_tty=1"),
        ("qemu+ssh://hostb/system?no_tty=0", "qemu+ssh://hostb/system?no_tty=0"),
    ],
)
def test_nobody_is_asked_for_a_password(
    uri: str | None, asked: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIBVIRT_DEFAULT_URI", raising=False)
    assert without_questions(uri) == asked


def test_nor_by_the_environments_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", "qemu+ssh://hostb/system")
    assert without_questions(None) == "qemu+ssh://hostb/system?no_tty=1"


@pytest.mark.parametrize(
    ("words", "uri"),
    [
        ("list-nics", None),
        ("-c a:/// list-nics", "a:///"),
        ("list-nics --connect a:/// -o json", "a:///"),
        ("list-nics --connect=a:/// -c b:///", "b:///"),
        ("list-nics -c", None),
    ],
)
def test_the_connection_that_a_line_names(words: str, uri: str | None) -> None:
    assert named_uri(words.split()) == uri
