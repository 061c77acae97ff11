"""Where a spec's domains are, and its files, as one vnetmgr hands them to another: documents, and
back. The other one names the files as the first one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.errors import UsageError
from vnetmgr.model.record import Record
from vnetmgr.model.spec import Placed
from vnetmgr.model.values import Mac
from vnetmgr.spec.files import SpecText

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
VERSION = 1


class Bundle(Record):
    """What is handed over."""

    files: tuple[SpecText, ...]
    placed: Mapping[str, Placed]
    shown: str | None = None
    """The mark of the plan that somebody was shown, and has agreed to; None: nobody was."""


def placed_document(placed: Mapping[str, Placed]) -> dict[str, object]:
    """For the other vnetmgr."""
    return {
        name: {
            "host": each.host,
            "uuid": each.uuid,
            "nics": [{"name": nic, "mac": str(mac)} for nic, mac in each.macs],
        }
        for name, each in placed.items()
    }


def read_placed(document: object) -> dict[str, Placed]:
    """From the other vnetmgr, which may say anything. Raises UsageError."""
    try:
        return {name: _placed(each) for name, each in _a(dict, document).items()}
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(
            f"where the spec's domains are cannot be read: {error}",
            "is the vnetmgr that sent it of the same version?",
        ) from None


def _placed(document: object) -> Placed:
    fields = _a(dict, document)
    return Placed(
        host=_text(fields["host"]),
        uuid=_text(fields["uuid"]),
        macs=tuple(map(_nic, _a(list, fields["nics"]))),
    )


def _nic(document: object) -> tuple[str | None, Mac]:
    fields = _a(dict, document)
    return _text(fields["name"]), Mac.normalise(_a(str, fields["mac"]))


def _text(value: object) -> str | None:
    return None if value is None else _a(str, value)


def bundle_document(bundle: Bundle) -> dict[str, object]:
    """For the other vnetmgr."""
    return {
        "version": VERSION,
        "files": [each._asdict() for each in bundle.files],
        "placed": placed_document(bundle.placed),
        "shown": bundle.shown,
    }


def read_bundle(document: Mapping[str, object]) -> Bundle:
    """From the other vnetmgr, which may say anything. Raises UsageError."""
    try:
        if document["version"] != VERSION:
            raise ValueError(f"version {document['version']!r:.20}")
        files = tuple(_file(_a(dict, each)) for each in _a(list, document["files"]))
        placed = read_placed(document["placed"])
        return Bundle(files=files, placed=placed, shown=_text(document.get("shown")))
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(
            f"the spec that was sent cannot be read: {error}",
            "is the vnetmgr that sent it of the same version?",
        ) from None


def _file(fields: dict[str, object]) -> SpecText:
    text = None if fields["text"] is None else _a(str, fields["text"])
    return SpecText(_a(str, fields["file"]), text, _a(str, fields["problem"]))


def _a(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.80} is no {kind.__name__}")
    return value
