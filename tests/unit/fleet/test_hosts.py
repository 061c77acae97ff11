"""Which hosts are meant."""

from __future__ import annotations

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.fleet.hosts import Hosts, ManagedHost
from vnetmgr.model.names import check_host_name

HOSTS = Hosts(
    file="hosts.yaml",
    hosts=tuple(
        ManagedHost(name=name, connect="test:///default") for name in ("kvm2", "kvm1", "nas")
    ),
)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), ("kvm2", "kvm1", "nas")),
        (("nas",), ("nas",)),
        (("kvm*",), ("kvm2", "kvm1")),
        (("kvm1", "kvm?"), ("kvm2", "kvm1")),
    ],
)
def test_hosts_come_once_in_the_files_order(words: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert HOSTS.chosen(words).names == names


def test_every_word_that_means_none_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        HOSTS.chosen(("kvm3", "kvm1", "web*"))
    assert len(caught.value.problems) == 2
    assert "kvm3" in caught.value.message
    assert "web*" in caught.value.message
    assert "kvm2, kvm1, nas" in (caught.value.hint or "")


def test_a_file_without_hosts_is_refused() -> None:
    with pytest.raises(UsageError, match="has no hosts"):
        Hosts(file="empty.yaml").chosen(())


@pytest.mark.parametrize("name", ["kvm1", "a", "kvm-1.example.org", "rack_3", "10.0.0.2"])
def test_names(name: str) -> None:
    assert check_host_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "none", "-oProxyCommand=x", "a/b", "a b", "kvm1\n", "é", ".", "a" * 256]
)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="a name is letters"):
        check_host_name(name)
