"""QEMU commands that a script has and never comes to: they are told, not passed over in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.programs import find_qemu, is_qemu
from vnetmgr.qemu_args.shell.syntax import Simple, Word
from vnetmgr.qemu_args.shell.values import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vnetmgr.qemu_args.shell.syntax import Command


def unreached(tree: Command, reached: Collection[int]) -> Iterator[Problem]:
    """A note for each QEMU command that was not followed."""
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Simple):
            words = [word.literal for word in node.words if isinstance(word, Word)]
            named = any(word is not None and is_qemu(word) for word in words)
            if id(node) not in reached and named and find_qemu(words).at is not None:
                what = "this QEMU command is never reached, as the script stands: passed over"
                yield Problem(node.line, what)
        if isinstance(node, tuple):
            waiting.extend(reversed(node))
