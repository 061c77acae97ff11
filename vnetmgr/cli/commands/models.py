"""list-models."""

from __future__ import annotations

from vnetmgr.cli.options import Columns, How
from vnetmgr.render import console


def list_models(*, columns: Columns = None, reading: How) -> None:
    """Show every nic model: what the guest sees of it, and which machines it works on.

    Example: vnetmgr list-models --output json
    """
    from vnetmgr.render.models import MODEL_COLUMNS, render_models

    shown = MODEL_COLUMNS.chosen(columns, reading.form)
    console.show(render_models(form=reading.form, columns=shown))
