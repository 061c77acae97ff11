"""Nic models."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.qemu.models import NIC_MODELS, Grade, Slot
from vnetmgr.model.qemu.notes import MODEL_NOTES
from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    TEXTS,
    YES_NO,
    Document,
    Key,
    Shape,
    each,
    one_of,
    or_null,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.model.qemu.models import NicModel

    _Named: TypeAlias = tuple[str, NicModel]

MODEL: Shape[_Named] = Shape(
    "model",
    {
        "name": Key(one_of(NIC_MODELS), lambda named: named[0]),
        "pci_id": Key(or_null(TEXT), lambda named: named[1].pci_id),
        "driver": Key(or_null(TEXT), lambda named: named[1].driver, "Linux's."),
        "class": Key(one_of(Grade), lambda named: named[1].grade),
        "speed_mbit": Key(
            or_null(NUMBER), lambda named: named[1].speed_mbit, "null: as fast as the host."
        ),
        "slot": Key(one_of(Slot), lambda named: named[1].slot),
        "machines": Key(TEXTS, lambda named: list(named[1].machines)),
        "multiqueue": Key(YES_NO, lambda named: named[1].multiqueue),
        "qemu_since": Key(or_null(TEXT), lambda named: named[1].qemu or None),
        "summary": Key(TEXT, lambda named: MODEL_NOTES[named[0]][0]),
        "source": Key(TEXT, lambda named: MODEL_NOTES[named[0]][1]),
    },
)
MODELS: Document[Mapping[str, NicModel]] = Document(
    "models",
    "list-models.",
    {"items": each(MODEL, lambda models: models.items())},
    names=lambda found: (each["name"] for each in found["items"]),
)
