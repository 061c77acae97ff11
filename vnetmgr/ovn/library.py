"""ovsdbapp, and what it is built on.

Overlays alone need it. Where it is not installed, whoever imports what builds on it is told so, in
words for people: a VnetError.
"""

from __future__ import annotations

import sys
import uuid
from types import SimpleNamespace

from vnetmgr.errors import VnetError
from vnetmgr.problem import About


def _missing(error: ImportError) -> VnetError:
    absent = isinstance(error, ModuleNotFoundError) and error.name in ("ovs", "ovsdbapp")
    how = "it is not installed" if absent else str(error)
    hint = "apt install python3-ovsdbapp"
    if sys.prefix != sys.base_prefix:  # whether it sees the system's packages is its own matter
        hint = f"pip install ovsdbapp, with the pip of {sys.prefix}, where this vnetmgr is"
    return VnetError(
        f"overlays need the Python package ovsdbapp: {how}", hint, about=About("ovn", "")
    )


try:
    from ovs import json as ovs_json
    from ovs.db import idl as ovs_idl
    from ovs.db.data import Atom, Datum
    from ovs.db.error import Error
    from ovs.jsonrpc import Connection
    from ovsdbapp.backend.ovs_idl import Backend, command, connection, idlutils
except ImportError as error:
    raise _missing(error) from None

# It takes ids made of the time for what it watches, though any would do. libuuid makes these, and
# keeps a file open (clock.txt) for each thread that has asked it: each Listener is one.
ovs_idl.uuid = SimpleNamespace(**{**vars(uuid), "uuid1": uuid.uuid4})

__all__ = [
    "Atom",
    "Backend",
    "Connection",
    "Datum",
    "Error",
    "command",
    "connection",
    "idlutils",
    "ovs_idl",
    "ovs_json",
]
