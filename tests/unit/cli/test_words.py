"""A command line as virsh has it."""

from __future__ import annotations

import pytest

from vnetmgr.cli.words import in_order, with_its_value


@pytest.mark.parametrize(
    ("words", "ordered"),
    [
        ("list-nics -c x", "list-nics -c x"),
        ("-c x list-nics", "list-nics -c x"),
        ("-cx list-nics web1", "list-nics -cx web1"),
        ("--connect=x list-nics", "list-nics --connect=x"),
        ("-c x -o json -v -q list-nics -c y", "list-nics -c x -o json -v -q -c y"),
        ("-vqc x list-nics", "list-nics -vqc x"),
        ("-qo json list-nics", "list-nics -qo json"),
        ("-r --timeout 5 list-nics", "list-nics -r --timeout 5"),
        ("--hosts f --host=a,b list-nics", "list-nics --hosts f --host=a,b"),
        ("--ovn-nb unix:/x -o json list-nics", "list-nics --ovn-nb unix:/x -o json"),
        ("--ovn-nb=tcp:a:1 plan a.yaml", "plan --ovn-nb=tcp:a:1 a.yaml"),
        ("--host kvm1 list-nics --host kvm2", "list-nics --host kvm1 --host kvm2"),
        ("--this-host= list-nics", "list-nics --this-host="),
        ("--this-host kvm1 list-nics", "list-nics --this-host kvm1"),
        ("--host a add-dns-record lab --host nas", "add-dns-record --on-host a lab --host nas"),
        ("-c list-nics", ""),  # the option's value is missing, or the command
        ("-c list-nics list-nics", "list-nics -c list-nics"),
        ("-c x import-qemu -- qemu -c y", "import-qemu -c x -- qemu -c y"),
        ("-c x", ""),
        ("-v", ""),
        ("", ""),
        ("-c x nosuch -v", "nosuch -v"),
        ("--nosuch list-nics", "--nosuch list-nics"),
        ("-x list-nics", "-x list-nics"),
        ("-c x --help", "--help"),
        ("-c x --version", "--version"),
        ("-- list-nics", "-- list-nics"),
        ("--verbose=yes list-nics", "--verbose=yes list-nics"),
        ("help", "--help"),
        ("help list-nics", "list-nics --help"),
        ("-c x help list-nics", "list-nics --help"),
        ("help help", "--help"),
        ("help --help", "--help"),
        ("help nosuch", "nosuch --help"),
        ("list-nics help", "list-nics help"),
    ],
)
def test_options_before_the_command_and_help(words: str, ordered: str) -> None:
    assert in_order(words.split()) == ordered.split()


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("plan f --this-host", "plan f --this-host="),
        ("plan f --this-host kvm1", "plan f --this-host kvm1"),
        ("plan f --this-host=kvm1", "plan f --this-host=kvm1"),
        ("plan --this-host --strict f", "plan --this-host= --strict f"),
        ("plan --this-host -- f", "plan --this-host= -- f"),
        ("--this-host plan f", "--this-host= plan f"),
        ("--this-host kvm1 plan f", "--this-host kvm1 plan f"),
        ("plan f --this-host watch", "plan f --this-host watch"),  # which is a name, too
        ("import-qemu -- qemu --this-host", "import-qemu -- qemu --this-host"),
    ],
)
def test_this_host_has_a_name_or_none(words: str, read: str) -> None:
    assert with_its_value(words.split()) == read.split()
