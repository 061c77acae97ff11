"""Whether this machine lets libvirt write its configuration.

libvirt 9.0 makes a change before it writes it to a file. Where that fails, a running network has
lost its config, one that is off is forgotten until libvirtd starts again, one that was not deleted
no longer starts with the host, and metadata that was refused stands: so it is looked at before.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.state import State
from vnetmgr.model.writes import (
    AutostartNetwork,
    DefineDomain,
    DefineNetwork,
    FinishNetwork,
    SetMetadata,
    SetVectors,
    UndefineDomain,
    UndefineNetwork,
    UpdateNetwork,
)

if TYPE_CHECKING:
    from vnetmgr.model.writes import Write

DOMAINS = Path("/etc/libvirt/qemu")
NETWORKS = DOMAINS / "networks"


def refuse_unwritable(write: Write) -> None:
    """Raise VnetError for a write that ends in a file which cannot be written."""
    match write:
        case DefineNetwork() | FinishNetwork() | UndefineNetwork() | AutostartNetwork():
            what, directory = f"network {write.network}", NETWORKS
        case UpdateNetwork() if State.CONFIG in write.states:
            what, directory = f"network {write.network}", NETWORKS
        case DefineDomain() | SetVectors() | UndefineDomain():
            what, directory = f"domain {write.domain}", DOMAINS
        case SetMetadata() if State.CONFIG in write.states:
            what, directory = f"domain {write.domain}", DOMAINS
        case _:
            return
    reason = obstacle(directory)
    if reason is not None:
        raise VnetError(
            f"{what}: libvirt cannot write its config: {directory} {reason}",
            "mend that, and run the command again; --live changes only what runs",
        )


def obstacle(directory: Path) -> str | None:
    """Why no file can be made in a directory, as far as it can be seen; None where one can."""
    try:
        found = os.statvfs(directory)
    except OSError:
        return None
    if found.f_flag & os.ST_RDONLY:
        return "is read-only"
    if found.f_blocks and not found.f_bfree:
        return "is on a file system that is full"
    if found.f_files and not found.f_ffree:
        return "is on a file system that has no inodes left"
    if os.geteuid() == 0 and not os.access(directory, os.W_OK):
        return "may not be written to, not even by root (chattr +i?)"
    return None
