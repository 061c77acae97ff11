"""Commands in messages say where libvirt, hosts and OVN's database are, as the command line did."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import vnetmgr
from vnetmgr.cli.app import _Command, load
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.command import ALONE, ASKING, ON_HOST, Called, Command, called, called_as
from vnetmgr.problem import every_option

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(vnetmgr.__file__).parent
URI = "qemu+ssh://kvm1/system"
OVN = "tcp:10.0.0.1:6641,tcp:10.0.0.2:6641"
SOCKET = "unix:/srv/my ovn/nb.sock"
HERE = Called(connect=URI, ovn_nb=OVN)
HOSTS = Called(hosts_file="my hosts.yaml", hosts=("kvm1", "kvm*"))
CASES: dict[str, tuple[Called, Command, str]] = {
    "nothing was said": (Called(), Command("list-nics", "web1"), "vnetmgr list-nics web1"),
    "all": (
        HERE,
        Command("list-nics", "my guest"),
        f"vnetmgr list-nics -c {URI} --ovn-nb {OVN} 'my guest'",
    ),
    "what somebody goes on with is at the end": (
        Called(connect=URI),
        Command("update-network", "lab", "--subnet"),
        f"vnetmgr update-network -c {URI} lab --subnet",
    ),
    "it does not look at OVN": (HERE, Command("add-forward"), f"vnetmgr add-forward -c {URI}"),
    "it talks to nobody": (HERE, Command("schema"), "vnetmgr schema"),
    "help": (HERE, Command("plan", "--help"), "vnetmgr plan --help"),
    "another libvirt": (
        Called(connect=URI),
        Command("plan", "--connect", "URI"),
        "vnetmgr plan --connect URI",
    ),
    "another host": (HOSTS, Command("plan", "--host", "kvm2"), "vnetmgr plan --host kvm2"),
    "hosts": (
        HOSTS,
        Command("list-nics"),
        "vnetmgr list-nics --hosts 'my hosts.yaml' --host kvm1 --host 'kvm*'",
    ),
    "one of them": (
        HOSTS.on("kvm2"),
        Command("hold"),
        "vnetmgr hold --hosts 'my hosts.yaml' --host kvm2",
    ),
    "a --host of its own": (
        Called(hosts=("kvm1",)),
        Command("remove-dns-record", "lab", "--host", "nas"),
        "vnetmgr remove-dns-record --on-host kvm1 lab --host nas",
    ),
    "on another machine": (HERE, Command("doctor", there=True), f"vnetmgr doctor --ovn-nb {OVN}"),
    "a socket": (
        Called(ovn_nb=SOCKET),
        Command("doctor", "web1"),
        f"vnetmgr doctor --ovn-nb '{SOCKET}' web1",
    ),
    "a socket is of this machine": (
        Called(connect=URI, ovn_nb=SOCKET),
        Command("doctor", there=True),
        "vnetmgr doctor",
    ),
}


@pytest.mark.parametrize(("told", "command", "shown"), CASES.values(), ids=CASES)
def test_a_command_works_as_it_is_shown(told: Called, command: Command, shown: str) -> None:
    plain = str(command)
    with called_as(told):
        assert str(command) == f"{command}" == shown
        assert called() is told
    assert str(command) == plain
    assert called() == Called()


def test_what_failed_leaves_nothing_behind() -> None:
    with pytest.raises(KeyError), called_as(HERE):
        raise KeyError
    assert called() == Called()


def test_one_of_no_hosts_is_meant_as_it_was() -> None:
    assert HERE.on("kvm2") is HERE


def test_a_hint_to_options_names_none() -> None:
    with called_as(HERE):
        assert every_option("plan") == "vnetmgr plan --help shows every option"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_has_the_options_that_it_is_shown_with(name: str) -> None:
    flags = {flag for each in load(name, _Command).params for flag in each.opts}
    told = Called(connect=URI, hosts_file="hosts.yaml", hosts=("kvm1",), ovn_nb=OVN)
    with called_as(told):
        words = str(Command(name)).split()
    assert {word for word in words if word.startswith("-")} <= flags
    assert ("-c" in words) is (name not in ALONE)
    assert ("--ovn-nb" in words) is (name in ASKING)
    assert ("--on-host" in words) is (name in ON_HOST)


def test_all_of_them_are_commands() -> None:
    assert COMMANDS.keys() >= ALONE | ASKING | ON_HOST


NAMED = re.compile(rf"\bvnetmgr (?:(?:{'|'.join(COMMANDS)})(?![\w-])|$)")
# Here nobody is shown what to run.
NAMES_ALONE = {
    "cli/app.py",  # what was called
    "cli/elsewhere.py",  # what another tool's command is called here
    "cli/forced.py",  # what a key does not run
    "cli/help/page.py",  # which is of all
    "local/service_files.py",  # who has written a file
    "metrics/requests.py",  # who answers
    "model/seen/rules.py",  # nft's table
    "qemu_args/backend_keys.py",  # what would be made in place of an argument
    "render/documents/shape.py",  # a schema's title
    "spec/export.py",  # who has written a file
    "spec/export_hosts.py",
}


def texts(path: Path) -> Iterator[str]:
    """Those of a module, without docstrings."""
    tree = ast.parse(path.read_text())
    alone = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    for each in ast.walk(tree):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in alone:
            yield each.value


def test_no_words_are_one() -> None:
    words = re.compile(rf'"vnetmgr",\s+"(?:{"|".join(COMMANDS)})"')
    assert not [path for path in PACKAGE.rglob("*.py") if words.search(path.read_text())]


def test_no_message_spells_one_by_itself() -> None:
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if any(map(NAMED.search, texts(path)))
    }
    assert found == NAMES_ALONE
