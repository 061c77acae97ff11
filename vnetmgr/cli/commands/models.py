"""list-models."""

from __future__ import annotations

from vnetmgr.cli.options import How


def list_models(*, reading: How) -> None:
    """Show every nic model: what the guest sees of it, and which machines it works on.

    Example: vnetmgr list-models --output json
    """
    from vnetmgr.render.models import show_models

    show_models(as_json=reading.as_json)
