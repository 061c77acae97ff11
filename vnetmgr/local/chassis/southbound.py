"""OVN's southbound database and this machine's controller, asked by OVN's own programs: a host can
join before it has the Python package that all of the database is read with (vnetmgr/ovn/)."""

from __future__ import annotations

import os
from json import loads
from pathlib import Path
from signal import SIGALRM
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.local.chassis.read import UNREADABLE, map_of, set_of
from vnetmgr.local.programs import attempt, unreadable
from vnetmgr.model.overlay.southbound import SeenChassis, Southbound, southbound_at
from vnetmgr.problem import About

if TYPE_CHECKING:
    from vnetmgr.model.overlay.host import Chassis
    from vnetmgr.model.overlay.tls import TlsFiles

_PATIENCE_S = 3
_LISTING = (
    *("--", "--columns=name,hostname", "list", "Chassis"),
    *("--", "--columns=chassis_name,type,ip", "list", "Encap"),
)
_GATEWAYS = (
    *("--", "--columns=name,ha_chassis", "list", "HA_Chassis_Group"),
    *("--", "--columns=_uuid,external_ids", "list", "HA_Chassis"),
    *("--", "--columns=logical_port,options", "find", "Port_Binding", "type=l3gateway"),
)


def find_southbound(chassis: Chassis | None, northbound: str | None = None) -> str | None:
    """Where it is, where nobody has said it. `chassis`: what this machine is to OVN, as far as it
    matters; `northbound`: where that database is."""
    return southbound_at(chassis, northbound, os.environ, lambda path: Path(path).is_socket())


def read_southbound(at: str, tls: TlsFiles | None) -> Southbound:
    """The chassis that it has. Raises VnetError where it does not answer, RefusedError where
    another database does."""
    chassis, encaps = _ask(at, tls, _LISTING)
    try:
        return Southbound(at=at, chassis=parse_chassis(chassis, encaps))
    except UNREADABLE:
        raise unreadable("ovn-sbctl") from None


def read_gateways(at: str, tls: TlsFiles | None, name: str) -> tuple[str, ...]:
    """The ports of routers that are on a chassis, or may come to it. Raises VnetError."""
    tables = _ask(at, tls, _GATEWAYS)
    try:
        return parse_gateways(name, *tables)
    except (*UNREADABLE, AttributeError):
        raise unreadable("ovn-sbctl") from None


def _ask(at: str, tls: TlsFiles | None, listing: tuple[str, ...]) -> list[list[Any]]:
    """The tables of one call of ovn-sbctl."""
    # Of a cluster any member can be read.
    command = ["ovn-sbctl", f"--db={at}", "--no-leader-only", f"--timeout={_PATIENCE_S}"]
    files = () if tls is None else tls.options
    done = attempt((*command, *files, "--format=json", *listing))
    if done.returncode:
        _refuse_other(at, files)
        late = done.returncode == -SIGALRM
        why = f" within {_PATIENCE_S} s" if late else _why(done.stderr)
        raise VnetError(
            f"OVN's southbound database at {at} does not answer{why}",
            "does ovsdb-server run there, and listen to other hosts? there: ovn-sbctl "
            "set-connection ptcp:6642",
        )
    try:
        return [loads(line)["data"] for line in done.stdout.splitlines() if line]
    except UNREADABLE:
        raise unreadable("ovn-sbctl") from None


def _refuse_other(at: str, files: tuple[str, ...]) -> None:
    """ovn-sbctl does not tell another database from none."""
    if "," in at:
        return
    try:
        done = attempt(("ovsdb-client", f"--timeout={_PATIENCE_S}", *files, "list-dbs", at))
    except VnetError:
        return
    served = set() if done.returncode else set(done.stdout.split()) - {"_Server"}
    if served and "OVN_Southbound" not in served:
        raise RefusedError(
            f"OVN's southbound database is not at {at}: {', '.join(sorted(served))} is there",
            "as a rule it listens to port 6642, where the northbound one has 6641: "
            "--southbound tcp:HOST:6642",
            about=About("command", field="southbound"),
        )


def parse_chassis(chassis: list[Any], encaps: list[Any]) -> tuple[SeenChassis, ...]:
    """Each with its ends of tunnels. Raises ValueError for what is no such table."""
    ends: dict[str, list[tuple[str, str]]] = {}
    for name, kind, address in encaps:
        ends.setdefault(name, []).append((str(kind), str(address)))
    return tuple(
        SeenChassis(name=str(name), hostname=str(host), encaps=tuple(sorted(ends.get(name, ()))))
        for name, host in sorted(chassis)
    )


def parse_gateways(
    name: str, groups: list[Any], members: list[Any], bindings: list[Any]
) -> tuple[str, ...]:
    """Those of a chassis: northd gives each distributed port's hosts in a group by its name, and
    a router that is on one host alone says that in its ports. Raises ValueError and the like for
    what are no such tables."""
    mine = {uuid for (_, uuid), ids in members if map_of(ids).get("chassis-name") == name}
    shared = {str(group) for group, each in groups if not mine.isdisjoint(set_of(each))}
    alone = {
        str(port) for port, options in bindings if map_of(options).get("l3gateway-chassis") == name
    }
    return tuple(sorted(shared | alone))


def controller_connected() -> bool | None:
    """Whether ovn-controller is connected to the database; None: it does not run, or cannot be
    asked."""
    try:
        asked = f"--timeout={_PATIENCE_S}"
        done = attempt(("ovn-appctl", asked, "-t", "ovn-controller", "connection-status"))
    except VnetError:
        return None
    return None if done.returncode else done.stdout.strip() == "connected"


def controller_runs() -> bool | None:
    """Whether ovn-controller runs on this machine, as its own tools find it; None: that cannot be
    seen."""
    folder = os.environ.get("OVN_RUNDIR", "/run/ovn")
    try:
        pid = int(Path(folder, "ovn-controller.pid").read_text())
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return None
    return Path("/proc", str(pid)).exists()


def _why(said: str) -> str:
    """The last line that it has written, without the time in front of it."""
    lines = [line.rpartition("|")[2].strip() for line in said.splitlines() if line.strip()]
    return f": {lines[-1]}" if lines else ""
