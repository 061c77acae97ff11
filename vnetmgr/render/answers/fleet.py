"""The answers of several hosts, in each form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.render.answers.text import Look, text_of
from vnetmgr.render.blocks import Block, Line, Note, notes
from vnetmgr.render.documents.fleet import FLEET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.render.blocks import Form
    from vnetmgr.render.documents.fleet import ShownAnswer, ShownFleet


def render_fleet(shown: ShownFleet, *, form: Form, look: Look | None = None) -> Iterator[Block]:
    """What each host says, below its name. Notes and errors stand elsewhere, so that each names its
    host."""
    if form.for_programs:
        yield FLEET.whole(shown)
        for item in shown.items:
            yield from _errors(item)
            if not form.is_document:  # which has them
                yield from _notes(item)
    else:
        yield from _texts(shown, look or Look())
        yield from notes(shown.notes)
    yield from shown.errors


def _texts(shown: ShownFleet, look: Look) -> Iterator[Block]:
    above = False
    for item in shown.items:
        beside: list[Block] = []
        said: list[Block] = []
        for block in () if item.result is None else text_of(item.result, look):
            (beside if isinstance(block, Note | VnetError) else said).append(block)
        if said:
            kind = type(said[0]) if isinstance(said[0], Line) else Line
            yield from (kind(),) if above else ()
            yield kind(f"{item.host}:", "bold")
            yield from said
            above = True
        yield from (_of_host(item.host, block) for block in beside)
        if item.error is not None:
            yield _of_host(item.host, item.error)


def _notes(item: ShownAnswer) -> Iterator[Note]:
    found = item.result.get("notes") if item.result is not None else None
    for text in found if isinstance(found, list) else ():
        yield Note(f"{item.host}: {text}")


def _errors(item: ShownAnswer) -> Iterator[VnetError]:
    from vnetmgr.render.answers.read import errors_of

    if item.error is not None:
        yield item.error.saying(f"{item.host}: {item.error.text}")
    for error in () if item.result is None else errors_of(item.result):
        yield error.saying(f"{item.host}: {error.text}")


def _of_host(host: str, block: Block) -> Block:
    if isinstance(block, VnetError):
        return block.saying(f"{host}: {block.text}")
    return Note(f"{host}: {block}")
