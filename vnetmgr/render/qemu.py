"""show-qemu-args: arguments to copy and paste, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.printable import shell_word
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.rows.qemu_args import QemuNic


def show_qemu_nics(nics: Sequence[QemuNic], *, domain: str, as_json: bool) -> None:
    """Print each nic's arguments: one line for each form, quoted for a shell; the rest comments."""
    if as_json:
        console.out_json({"kind": "qemu-args", "items": [_json(each) for each in nics]})
        return
    if not nics:
        console.out(f"# domain {domain} has no nic: -nic none")
    for index, each in enumerate(nics):
        if index:
            console.out()
        _show(each)


def _show(item: QemuNic) -> None:
    nic, arguments = item.nic, item.arguments
    called = nic.name or nic.mac or "a nic without name"
    console.out(f"# {item.domain}/{called}: {nic.source}", "bold")
    console.out(" ".join(map(shell_word, arguments.modern)))
    if arguments.legacy is not None:
        console.out("# the old form (since QEMU 3.0 without vlan=, and only one such pair):", "dim")
        console.out(" ".join(map(shell_word, arguments.legacy)))
    for text in arguments.notes:
        console.out(f"# {text}", "dim")


def _json(item: QemuNic) -> dict[str, object]:
    arguments = item.arguments
    return {
        "domain": item.domain,
        "name": item.nic.name,
        "mac": item.nic.mac,
        "arguments": list(arguments.modern),
        "legacy": None if arguments.legacy is None else list(arguments.legacy),
        "notes": list(arguments.notes),
    }
