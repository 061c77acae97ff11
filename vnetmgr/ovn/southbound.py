"""The southbound database, read: the hosts, and where ports are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.overlay.host import EXTERNAL_IDS
from vnetmgr.model.overlay.southbound import Binding, SeenChassis, Southbound
from vnetmgr.ovn.client import Client
from vnetmgr.ovn.remotes import remote_of
from vnetmgr.ovn.schema import SOUTHBOUND
from vnetmgr.runtime.answers import BRIEF_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.ovn.copying import Tables


_HOSTS = ("Chassis", "Chassis_Private", "Encap")
_FOLLOWING = ("SB_Global", *_HOSTS)
_CONNECT_S = 1.0
"""How long whoever would like to know waits for it to answer at all."""


def read_southbound(at: str, settings: OvnSettings | None = None) -> Southbound:
    """What is there now. `at`: as `ovn-remote` has it; `settings`: the files of TLS. Raises
    VnetError."""
    remote = remote_of(at, settings)
    with Client.connect(remote, SOUTHBOUND, patience_s=BRIEF_S) as client:
        return southbound_of(client.tables, at)


def read_chassis(at: str, settings: OvnSettings | None = None) -> tuple[SeenChassis, ...]:
    """The hosts alone: there may be many thousands of ports. Raises VnetError."""
    remote = remote_of(at, settings)
    with Client.connect(remote, SOUTHBOUND, tables=_HOSTS, patience_s=BRIEF_S) as client:
        return _hosts(client.tables)


def wait_for_hosts(
    at: str, settings: OvnSettings, enough: Callable[[Southbound], bool], timeout_s: float
) -> Southbound:
    """What it says of the hosts as soon as that is enough, or when the time is over. Raises
    VnetError."""
    remote = remote_of(at, settings)
    with Client.connect(remote, SOUTHBOUND, tables=_FOLLOWING, patience_s=_CONNECT_S) as client:
        client.wait_for(lambda tables: enough(_followers(tables, at)), timeout_s)
        return _followers(client.tables, at)


def _followers(tables: Tables, at: str) -> Southbound:
    return Southbound(at=at, asked=_asked(tables), chassis=_hosts(tables))


def southbound_of(tables: Tables, at: str) -> Southbound:
    """The same of a copy."""
    return Southbound(
        at=at,
        asked=_asked(tables),
        chassis=_hosts(tables),
        bindings=tuple(sorted(_bindings(tables), key=lambda each: each.port)),
    )


def _asked(tables: Tables) -> int:
    return max((int(row.nb_cfg) for row in tables["SB_Global"].rows.values()), default=0)


def _hosts(tables: Tables) -> tuple[SeenChassis, ...]:
    return tuple(sorted(_chassis(tables), key=lambda each: each.name))


def _chassis(tables: Tables) -> Iterator[SeenChassis]:
    followed = {row.name: row for row in tables["Chassis_Private"].rows.values()}
    for row in tables["Chassis"].rows.values():
        private, config = followed.get(row.name), row.other_config
        yield SeenChassis(
            name=row.name,
            hostname=row.hostname,
            encaps=tuple(sorted((encap.type, encap.ip) for encap in row.encaps)),
            bridge_mappings=config.get(EXTERNAL_IDS["bridge_mappings"], ""),
            datapath=config.get("datapath-type", ""),
            followed=0 if private is None else int(private.nb_cfg),
        )


def _bindings(tables: Tables) -> Iterator[Binding]:
    for row in tables["Port_Binding"].rows.values():
        yield Binding(
            port=row.logical_port,
            chassis=_name(row.chassis),
            additional=tuple(sorted(each.name for each in row.additional_chassis)),
        )


def _name(rows: Any) -> str | None:
    return rows[0].name if rows else None
