"""Where OVN's northbound database is, and for whom vnetmgr writes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.problem import Place

DEFAULT_FLEET = "default"


class OvnSettings(Record):
    """A spec's `ovn`, or a command's options. None: not said."""

    northbound: str | None = None
    """As ovn-nbctl(8) takes it: `tcp:10.0.0.1:6641`, `ssl:HOST:PORT`, `unix:FILE`; those of a
    cluster are separated by commas."""
    private_key: str | None = None
    """The file of this client's key, for `ssl:`."""
    certificate: str | None = None
    ca_cert: str | None = None
    """Whose signature the database's certificate has to have."""
    fleet: str | None = None
    """Whose the rows are that vnetmgr makes: what has another fleet's name is not touched."""
    revision: int | None = None
    """Of the spec: a spec of an older one does not write over what a newer one has written."""
    origin: Place | None = None
