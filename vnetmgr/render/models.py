"""list-models as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.qemu.models import NIC_MODELS
from vnetmgr.model.qemu.notes import MODEL_NOTES
from vnetmgr.render.blocks import Block, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.qemu.models import NicModel
    from vnetmgr.render.blocks import Form

_HEADINGS = ("MODEL", "CLASS", "PCI ID", "DRIVER", "MBIT/S", "SLOT", "MACHINES", "FOR")


def render_models(*, form: Form) -> Iterator[Block]:
    """The models, the one to take first."""
    if form.for_programs:
        from vnetmgr.render.documents.models import MODELS

        yield MODELS.whole(NIC_MODELS)
        return
    yield Table(_HEADINGS, [_cells(name, model) for name, model in NIC_MODELS.items()])


def _cells(name: str, model: NicModel) -> tuple[str, ...]:
    summary, _ = MODEL_NOTES[name]
    since = f" (QEMU {model.qemu} or newer)" if model.qemu else ""
    return (
        name,
        model.grade,
        model.pci_id or "-",
        model.driver or "-",
        "host's" if model.speed_mbit is None else str(model.speed_mbit),
        model.slot,
        ", ".join(model.machines),
        summary + since,
    )
