"""A domain, a network or a file with a problem is left out, as a whole and wherever it stands;
the rest is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.spec.texts import write
from vnetmgr.errors import SpecError, UsageError
from vnetmgr.spec.files import load_all, load_sound, load_spec
from vnetmgr.spec.wants import to_desired

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = """\
version: 1
networks: {lab: {mode: nat, subnets: [10.1.0.0/24], addresses: {"52:54:00:00:00:09": 10.1.0.9}}}
domains:
  web1:
    nics: {lan: {network: lab, address: 10.1.0.5}}
    forwards: [{host_port: 80, guest_port: 80}]
  web2: {nics: {lan: {bridge: br0}}}
prune: true
"""
ALL = ({"lab"}, {"web1", "web2"})


def sound(paths: list[str]) -> tuple[set[str], set[str]]:
    spec = load_sound(paths).spec
    assert all(want.domain in {each.name for each in spec.domains} for want in spec.addresses)
    return {want.name for want in spec.networks}, {each.name for each in spec.domains}


@pytest.mark.parametrize(
    ("other", "networks", "domains"),
    [
        # A file.
        ("version: 1\ndomains: {a: {nics: {", *ALL),
        ("version: 2\ndomains: {web3: {}}\n", *ALL),
        ("version: 1\ndomain: {web1: {}}\n", *ALL),
        ("version: 1\nprune: mabye\ndomains: {web3: {}}", *ALL),
        ("version: 1\ndomains: [web3]\n", *ALL),
        ("- 1\n", *ALL),
        ("", *ALL),
        # A network.
        ("version: 1\nnetworks: {dmz: {mode: natt}, ok: {mode: nat}}", {"lab", "ok"}, ALL[1]),
        ("version: 1\nnetworks: {dmz: {mdoe: nat}}\ndomains: {web3: {}}", {"lab"},
         {*ALL[1], "web3"}),
        ("version: 1\nnetworks: {lab: {mtu: 1400}}", set(), ALL[1]),
        ("version: 1\nnetworks: {dmz: {subnets: [10.1.0.0/25]}}", set(), ALL[1]),
        ("version: 1\nnetworks: {dmz: {mode: nat}, dmz: {mode: nat}}", {"lab"}, ALL[1]),
        ("version: 1\nnetworks: {a/b: {}}", {"lab"}, ALL[1]),
        # A domain.
        ("version: 1\ndomains: {web3: {nics: {x: {bridge: br0, mtu: x}}}, ok: {}}", {"lab"},
         {*ALL[1], "ok"}),
        ("version: 1\ndomains: {web3: {nics: {x: {}}}}", *ALL),
        ("version: 1\ndomains: {web3: {nic: {}}}", *ALL),
        ("version: 1\ndomains: {web1: {nics: {lan2: {bridge: br0, mtu: -1}}}}", {"lab"}, {"web2"}),
        ("version: 1\ndomains: {web1: {nics: {lan: {bridge: br0}}}}", {"lab"}, {"web2"}),
        ("version: 1\ndomains: {web3: {forwards: [{host_port: 80, guest_port: 1}]}}", {"lab"},
         {"web2"}),
        ("version: 1\ndomains: {web3: {nics: {x: {network: lab, address: 10.1.0.5}}}}", {"lab"},
         {"web2"}),
        ("version: 1\ndomains: {web3: {nics: {x: {network: lab, address: 10.1.0.9}}}}", set(),
         ALL[1]),
        ("version: 1\ndomains: {web3: {nics: {x: {network: lab, address: 10.7.0.9}}}}", *ALL),
        ("version: 1\ndomains: {web1: {prune: ja}}", {"lab"}, {"web2"}),
        # What is shared by an alias is wrong in both; a prune said in two ways is nobody's.
        ("version: 1\ndomains: {a: &x {nics: {n: {bridge: br0, mtu: x}}}, b: *x, c: {}}", {"lab"},
         {*ALL[1], "c"}),
        ("version: 1\nprune: false\ndomains: {web3: {}}", {"lab"}, {*ALL[1], "web3"}),
        # The network that nics with `nat` are on is not made up for one that is left alone.
        ("version: 1\nnetworks: {default: {mode: natt}}\ndomains: {c: {nics: {n: {nat: true}}}}",
         {"lab"}, {*ALL[1], "c"}),
        ("version: 1\ndomains: {c: {nics: {n: {nat: true}}}, d: {x: 1}}", {"lab", "default"},
         {*ALL[1], "c"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", [1, -1])
def test_the_rest_is_there(
    tmp_path: Path, other: str, networks: set[str], domains: set[str], order: int
) -> None:
    paths = write(tmp_path, good=GOOD, other=other)[::order]
    assert sound(paths) == (set(networks), domains)
    loaded = load_sound(paths)
    assert loaded.problems
    with pytest.raises(SpecError):
        load_spec(paths)
    scope = to_desired(loaded.spec, prune=True, problems=loaded.problems).spec
    assert scope is not None
    assert scope.incomplete
    assert not scope.prune_all
    assert not scope.prune_domains


def test_a_whole_spec_is_as_it_was(tmp_path: Path) -> None:
    paths = write(tmp_path, good=GOOD)
    assert load_sound(paths).spec == load_spec(paths) == load_all(paths).spec
    assert sound(paths) == ALL


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(b"\xff"), "it is not UTF-8"),
        (os.mkfifo, "it is no regular file"),
        (Path.mkdir, "it is no regular file"),  # what is in it may be what a list lacks
        (lambda path: path.symlink_to("/tmp"), "it is no regular file"),  # noqa: S108 - a directory
        (lambda path: path.symlink_to("/dev/zero"), "it is no regular file"),
        (lambda path: path.symlink_to("nowhere"), "No such file"),
        (lambda path: path.symlink_to(path.name), "symbolic links"),
    ],
)
def test_an_odd_file_in_a_directory_holds_up_no_other(
    tmp_path: Path, make: Callable[[Path], object], reason: str
) -> None:
    write(tmp_path, good=GOOD)
    make(tmp_path / "odd.yaml")
    assert sound([str(tmp_path)]) == ALL
    (problem,) = load_sound([str(tmp_path)]).problems
    assert str(problem).startswith(f"{tmp_path}/odd.yaml:1:1: ")
    assert reason in str(problem)


def test_what_is_named_and_not_there_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing.yaml cannot be read"):
        load_sound([*write(tmp_path, good=GOOD), str(tmp_path / "missing.yaml")])
