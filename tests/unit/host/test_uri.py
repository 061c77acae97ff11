"""What a URI says about where libvirt runs."""

from __future__ import annotations

import pytest

from vnetmgr.host.uri import HostUri, chosen_uri


@pytest.mark.parametrize(
    ("uri", "local"),
    [
        ("qemu:///system", True),
        ("qemu:///session", True),
        ("qemu+unix:///system?socket=/run/x", True),
        ("qemu+ssh://host/system", False),
        ("qemu+ssh:///system?command=/x", False),
        ("qemu+ext:///system?command=/x", False),
        ("qemu+tcp://127.0.0.1/system", False),
        ("qemu://host/system", False),
        ("test:///default", False),
        ("qemu", False),
        ("qemu+ssh://[::1/system", False),
    ],
)
def test_whether_links_are_this_machines(uri: str, local: bool) -> None:  # noqa: FBT001
    assert HostUri.parse(uri).is_local is local


def test_all_uris_of_a_host_share_its_lock() -> None:
    uris = ("qemu:///system", "qemu+unix:///system?socket=/x", "qemu+ssh://me@other:22/system")
    keys = {HostUri.parse(uri).lock_key("Host.example") for uri in uris}
    assert keys == {"qemu-system-host.example"}


def test_other_hosts_and_paths_have_other_locks() -> None:
    system, session = HostUri.parse("qemu:///system"), HostUri.parse("qemu:///session")
    assert len({system.lock_key("a"), system.lock_key("b"), session.lock_key("a")}) == 3


def test_a_key_is_fit_for_a_file_name() -> None:
    assert "/" not in HostUri.parse("test:////dir/file.xml").lock_key("a/b c")


def test_the_option_then_the_environment_then_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", "test:///default")
    assert chosen_uri("qemu:///session") == "qemu:///session"
    assert chosen_uri(None) == "test:///default"
    monkeypatch.delenv("LIBVIRT_DEFAULT_URI")
    assert chosen_uri(None) == "qemu:///system"
