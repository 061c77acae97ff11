"""list-models."""

from __future__ import annotations

from vnetmgr.cli.options import How
from vnetmgr.render import console


def list_models(*, reading: How) -> None:
    """Show every nic model: what the guest sees of it, and which machines it works on.

    Example: vnetmgr list-models --output json
    """
    from vnetmgr.render.models import render_models

    console.show(render_models(form=reading.form))
