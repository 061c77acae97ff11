"""serve-ssh."""

from __future__ import annotations

import os
from typing import Annotated

import typer


def serve_ssh(
    *,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Run only what changes nothing.")
    ] = False,
) -> None:
    """Run the command of vnetmgr that comes by ssh, for a key that is for nothing else.

    In authorized_keys, command="vnetmgr serve-ssh",restrict stands in front of such a key. Options
    that name files of this machine or lead elsewhere are refused, and so is every other program.

    Example: vnetmgr serve-ssh --read-only
    """
    from vnetmgr.cli.app import call
    from vnetmgr.cli.failures import form_asked_for
    from vnetmgr.cli.forced import judged, split
    from vnetmgr.engine.host_files import refuse_host_files
    from vnetmgr.engine.reconcile import REFUSALS
    from vnetmgr.render import console

    REFUSALS.append(refuse_host_files)
    text = os.environ.get("SSH_ORIGINAL_COMMAND", "")
    console.settle(form_asked_for(split(text)))
    call(judged(text, read_only=read_only))
