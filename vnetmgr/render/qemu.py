"""show-qemu-args: arguments to copy and paste, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.printable import shell_word
from vnetmgr.render.blocks import Block, Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.rows.qemu_args import QemuNic
    from vnetmgr.render.blocks import Form


def render_qemu_nics(nics: Sequence[QemuNic], *, domain: str, form: Form) -> Iterator[Block]:
    """Each nic's arguments: one line for each form, quoted for a shell; the rest comments."""
    if form.for_programs:
        from vnetmgr.render.documents.qemu import QEMU_ARGUMENTS

        yield QEMU_ARGUMENTS.whole(nics)
        return
    if not nics:
        yield Line(f"# domain {domain} has no nic: -nic none")
    for index, each in enumerate(nics):
        if index:
            yield Line()
        yield from _lines(each)


def _lines(item: QemuNic) -> Iterator[Line]:
    nic, arguments = item.nic, item.arguments
    called = nic.name or nic.mac or "a nic without name"
    yield Line(f"# {item.domain}/{called}: {nic.source}", "bold")
    yield Line(" ".join(map(shell_word, arguments.modern)))
    if arguments.legacy is not None:
        yield Line("# the old form (since QEMU 3.0 without vlan=, and only one such pair):", "dim")
        yield Line(" ".join(map(shell_word, arguments.legacy)))
    for text in arguments.notes:
        yield Line(f"# {text}", "dim")
