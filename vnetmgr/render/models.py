"""list-models as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.qemu.models import NIC_MODELS, NicModel
from vnetmgr.model.qemu.notes import MODEL_NOTES
from vnetmgr.render.columns import Column, Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.render.blocks import Block, Form
    from vnetmgr.render.documents.shape import Shape

_Named: TypeAlias = tuple[str, NicModel]


def render_models(
    *, form: Form, columns: Sequence[Column[_Named]] | None = None
) -> Iterator[Block]:
    """The models, the one to take first."""
    if form.for_programs:
        from vnetmgr.render.documents.models import MODELS

        yield MODELS.whole(NIC_MODELS)
        return
    yield MODEL_COLUMNS.table(NIC_MODELS.items(), columns)


def _for(named: _Named) -> str:
    name, model = named
    since = f" (QEMU {model.qemu} or newer)" if model.qemu else ""
    return MODEL_NOTES[name][0] + since


def _speed(named: _Named) -> str:
    speed = named[1].speed_mbit
    return "host's" if speed is None else str(speed)


def _shape() -> Shape[_Named]:
    from vnetmgr.render.documents.models import MODEL

    return MODEL


MODEL_COLUMNS: Columns[_Named] = Columns(
    {
        "name": Column("MODEL", lambda named: named[0]),
        "class": Column("CLASS", lambda named: named[1].grade),
        "pci_id": Column("PCI ID", lambda named: named[1].pci_id or "-"),
        "driver": Column("DRIVER", lambda named: named[1].driver or "-"),
        "speed_mbit": Column("MBIT/S", _speed),
        "slot": Column("SLOT", lambda named: named[1].slot),
        "machines": Column("MACHINES", lambda named: ", ".join(named[1].machines)),
        "summary": Column("FOR", _for),
    },
    _shape,
)
