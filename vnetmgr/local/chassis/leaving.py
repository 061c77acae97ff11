"""Take this machine's chassis out of OVN's southbound database, by Open vSwitch's own client."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import UnfinishedError, VnetError
from vnetmgr.local.chassis.read import UNREADABLE
from vnetmgr.local.chassis.southbound import controller_connected, read_southbound
from vnetmgr.local.programs import run, unreadable
from vnetmgr.model.overlay.southbound import removal
from vnetmgr.problem import About

if TYPE_CHECKING:
    from vnetmgr.model.overlay.southbound import SeenChassis
    from vnetmgr.model.writes import RemoveChassis

_PATIENCE_S, _POLL_S = 5.0, 0.1
_ANOTHER = "it is another one than it was"


def remove_chassis(write: RemoveChassis) -> None:
    """Do it. Raises UnfinishedError where it stays, if this is the last time."""
    if not write.settles:
        _removed(write)
        return
    deadline = time.monotonic() + _PATIENCE_S
    _await_controller(deadline)
    why = _removed(write)
    while why == _ANOTHER and time.monotonic() < deadline:
        # A member of a cluster may tell what it was a moment ago, when its leader knows better.
        time.sleep(_POLL_S)
        why = _removed(write)
    if why is not None:
        raise UnfinishedError(
            f"OVN still has the chassis {write.seen.name}: {why}",
            f"where that may be: {removal(write.at, write.seen.name)}",
            about=About("host", write.seen.name),
        )


def _await_controller(deadline: float) -> None:
    """Wait until ovn-controller has heard that it is to leave the database: until then it may make
    its chassis again."""
    while controller_connected() and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _removed(write: RemoveChassis) -> str | None:
    """None when the database does not have it any more; else why it has."""
    try:
        found = read_southbound(write.at, write.tls).named(write.seen.name)
        if found is None:
            return None
        if found != write.seen:
            return _ANOTHER
        files = () if write.tls is None else write.tls.options
        words = ("--timeout=5", *files, "transact", write.at)
        return _complaint(json.loads(run("ovsdb-client", *words, _transaction(found))))
    except VnetError as error:
        return error.text
    except UNREADABLE:
        return unreadable("ovsdb-client").text


def _transaction(seen: SeenChassis) -> str:
    """What the database does as a whole, or not at all: RFC 7047, 5.2. The tunnels' ends have no
    row that refers to them then, and go by themselves."""
    named = [["name", "==", seen.name]]
    ends = [{"type": kind, "ip": address} for kind, address in seen.encaps]
    return json.dumps(
        [
            "OVN_Southbound",
            _wait("Chassis", named, [{"hostname": seen.hostname}], ["hostname"]),
            _wait("Encap", [["chassis_name", "==", seen.name]], ends, ["type", "ip"]),
            {"op": "delete", "table": "Chassis_Private", "where": named},
            {"op": "delete", "table": "Chassis", "where": named},
        ]
    )


def _wait(table: str, where: list[Any], rows: list[Any], columns: list[str]) -> dict[str, Any]:
    """Only if the table has these rows: it is not waited."""
    asked = {"table": table, "where": where, "columns": columns, "until": "==", "rows": rows}
    return {"op": "wait", "timeout": 0, **asked}


def _complaint(results: list[Any]) -> str | None:
    """Of the first operation that has failed; those behind it have none."""
    failed = next((each for each in results if isinstance(each, dict) and "error" in each), None)
    if failed is None:
        return None
    if failed["error"] == "timed out":  # of what is waited for
        return _ANOTHER
    return f"{failed['error']}: {failed.get('details') or 'nothing more is said of it'}"
