"""What a key of ssh's may run that is for vnetmgr alone: a command line, judged by what the command
itself would read of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from vnetmgr.cli import failures
from vnetmgr.cli.app import in_order, load
from vnetmgr.errors import RefusedError
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

READS = frozenset(
    {
        *("list-domains", "list-nics", "list-networks", "show-network", "list-leases"),
        *("list-forwards", "list-host-devices", "list-models", "show-qemu-args"),
        *("validate", "plan", "export", "trace", "metrics", "topology", "doctor"),
    }
)
CHANGES = frozenset(
    {
        *("attach-nic", "update-nic", "detach-nic", "add-slots", "create-domain"),
        *("create-network", "update-network", "delete-network"),
        *("start-network", "stop-network", "restart-network"),
        *("reserve-address", "release-address", "add-dns-record", "remove-dns-record"),
        *("add-forward", "remove-forward", "apply", "reconcile", "watch", "hold", "release"),
        "prepare-migration",
    }
)
"""The others make files of this machine's, read its files, lead elsewhere, or are for people."""
_FILE, _ELSEWHERE = "names files of this machine", "leads elsewhere"
REFUSED = {
    **dict.fromkeys(("report_file", "metrics_file", "facts", "file", "save"), _FILE),
    **dict.fromkeys(("template", "disk", "kernel", "initrd", "tftp_root"), _FILE),
    **dict.fromkeys(("hosts_file", "host_names"), _ELSEWHERE),
    "listen": "opens a port",
    "verbose": "shows whole documents of libvirt's",
}
"""Options, and what they do that such a key is not for."""
CHANGING = {
    "fix": "changes something",
    "probe": "puts a link of its own on a bridge",
    "live": "adds rules to the firewall",
}
"""The same of one that only reads."""
_LOCAL = frozenset({"qemu:///system", "qemu:///session", "test:///default"})
_VERSION = ["vnetmgr", "--version"]
_HINT = "the line of this key in authorized_keys there says what it runs"


def judged(text: str, *, read_only: bool) -> list[str]:
    """The words behind `vnetmgr` of a command line that may be run. Raises RefusedError; and what
    click raises, for what is no option of the command."""
    words = split(text)
    if words == _VERSION:
        return words[1:]
    if words[:1] != ["vnetmgr"] or len(words) == 1:
        said = f", and not {words[0]}" if words else " commands"
        raise RefusedError(f"this key runs vnetmgr{said}", _HINT)
    name, *others = in_order(words[1:]) or [""]
    if name not in READS | CHANGES:
        raise RefusedError(f"this key does not run vnetmgr {name}", _HINT)
    wrong = [*_wrong(name, _given(name, others), read_only=read_only), *_left_files(others)]
    if wrong:
        raise RefusedError(f"this key does not run vnetmgr {name} so: {wrong[0]}", _HINT)
    return [name, *others]


def split(text: str) -> list[str]:
    """A command line's words, as a shell has them. Raises RefusedError."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise RefusedError(f"this is no command line: {error}", _HINT) from None


def _given(name: str, words: list[str]) -> Mapping[str, Any]:
    command = load(name, TyperCommand)
    context = command.make_context(name, [], resilient_parsing=True)
    context.resilient_parsing = False
    given, _, _ = command.make_parser(context).parse_args(list(words))
    return {key: value for key, value in given.items() if value not in (None, (), [])}


def _wrong(name: str, given: Mapping[str, Any], *, read_only: bool) -> Iterator[str]:
    """What is not for this key."""
    refused = REFUSED | (CHANGING if read_only and name in READS else {})
    for option, does in refused.items():
        if option in given:
            yield f"--{option.replace('_', '-')} {does}"
    if read_only and name in CHANGES and not given.get("dry_run"):
        yield "it changes something, and --dry-run is left out"
    connect = given.get("connect")
    if connect is not None and connect not in _LOCAL:
        yield f"--connect {shell_word(connect)} is not this machine's libvirt"
    if any(each.strip().startswith("unix:") for each in given.get("ovn_nb", "").split(",")):
        yield f"--ovn-nb {_FILE}"
    if any(word != "-" for word in given.get("spec", ())):
        yield "a spec comes by standard input: -"


def _left_files(words: list[str]) -> Iterator[str]:
    """What a reconcile writes although it cannot read its words as a whole."""
    for flag in ("--report-file", "--metrics-file"):
        if failures.given(words, flag):
            yield f"{flag} {_FILE}"
