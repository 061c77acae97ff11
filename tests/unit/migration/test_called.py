"""How a host is named in commands."""

from __future__ import annotations

import pytest

from vnetmgr.migration.called import Called, by_uri


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        (Called("qemu:///system", (), "qemu:///system"), "vnetmgr reconcile"),
        (by_uri("qemu:///system"), "vnetmgr reconcile --connect qemu:///system"),
        (by_uri("qemu+tcp://10.0.0.2/system"), "ssh 10.0.0.2 vnetmgr reconcile"),
        (by_uri("qemu+ssh://root@kvm2/system"), "ssh root@kvm2 vnetmgr reconcile"),
        (
            Called("kvm2", ("--host", "kvm2"), "qemu+ssh://kvm2/system"),
            "vnetmgr reconcile --host kvm2",
        ),
        (
            Called("kvm2", ("--host", "kvm2"), "qemu+tcp://10.0.0.2/system"),
            "ssh 10.0.0.2 vnetmgr reconcile",
        ),
    ],
)
def test_what_only_that_machine_can_do(called: Called, shown: str) -> None:
    assert called.there("reconcile") == shown


def test_a_command_is_whole_whatever_is_in_it() -> None:
    called = by_uri("qemu+ssh://kvm2/system?keyfile=/my keys/a;b")
    assert called.command("start-network", "a b") == (
        "vnetmgr start-network 'a b' --connect 'qemu+ssh://kvm2/system?keyfile=/my keys/a;b'"
    )
