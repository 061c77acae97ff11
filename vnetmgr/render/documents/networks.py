"""Networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.dns import RecordKind
from vnetmgr.model.network import NetworkMode
from vnetmgr.render.documents.forwards import FORWARD
from vnetmgr.render.documents.leases import LEASE
from vnetmgr.render.documents.network_fields import network_keys
from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    TEXTS,
    YES_NO,
    Document,
    Key,
    Shape,
    each,
    notes,
    one_of,
    or_null,
    text_or_null,
)

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import Reservation
    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.model.network import Network
    from vnetmgr.model.rows.networks import (
        NetworkListing,
        NetworkNicRow,
        NetworkRow,
        ShownNetwork,
    )

NETWORK_NIC: Shape[NetworkNicRow] = Shape(
    "network_nic",
    {
        "domain": Key(TEXT, lambda nic: nic.domain),
        "name": Key(or_null(TEXT), lambda nic: nic.name),
        "mac": Key(or_null(TEXT), lambda nic: nic.mac),
        "target": Key(or_null(TEXT), lambda nic: nic.target),
        "in_live": Key(YES_NO, lambda nic: nic.in_live, "Whether it is on the network now."),
        "orphan": Key(or_null(YES_NO), lambda nic: nic.orphan, "null: cannot be seen from here."),
        "addresses": Key(TEXTS, lambda nic: list(nic.addresses)),
    },
)
_RESERVATION: Shape[Reservation] = Shape(
    "reservation",
    {
        "address": Key(TEXT, lambda kept: str(kept.address)),
        "mac": Key(or_null(TEXT), lambda kept: kept.mac),
        "duid": Key(or_null(TEXT), lambda kept: kept.duid),
        "hostname": Key(or_null(TEXT), lambda kept: kept.hostname),
    },
)
# Which of them a record has goes by its kind.
_RECORD: Shape[DnsRecord] = Shape(
    "record",
    {
        "kind": Key(one_of(RecordKind), lambda record: record.kind),
        "name": Key(TEXT, lambda record: record.name),
        "address": Key(TEXT, lambda record: text_or_null(record.address), optional=True),
        "protocol": Key(TEXT, lambda record: record.protocol, optional=True),
        "domain": Key(TEXT, lambda record: record.domain, optional=True),
        "target": Key(TEXT, lambda record: record.target, optional=True),
        "port": Key(NUMBER, lambda record: record.port, optional=True),
        "priority": Key(NUMBER, lambda record: record.priority, optional=True),
        "weight": Key(NUMBER, lambda record: record.weight, optional=True),
        "value": Key(TEXT, lambda record: record.value, optional=True),
    },
)
# Its config, if there is one.
_SETTINGS: Shape[Network] = Shape(
    "settings",
    {
        **network_keys(),
        "forward_dev": Key(
            or_null(TEXT),
            lambda network: next(iter(network.forward_devs), None),
            "The first of forward_devs.",
        ),
    },
)
NETWORK: Shape[NetworkRow] = Shape(
    "network",
    {
        "name": Key(TEXT, lambda row: row.seen.name),
        "uuid": Key(or_null(TEXT), lambda row: row.seen.any.uuid),
        "mode": Key(one_of(NetworkMode), lambda row: row.seen.any.mode),
        "bridge": Key(or_null(TEXT), lambda row: row.bridge),
        "active": Key(YES_NO, lambda row: row.seen.active),
        "autostart": Key(YES_NO, lambda row: row.seen.autostart),
        "persistent": Key(YES_NO, lambda row: row.seen.persistent),
        "owned": Key(YES_NO, lambda row: row.seen.any.owned, "Whether a spec made it."),
        "fleet": Key(
            or_null(TEXT), lambda row: row.seen.any.fleet, "Whose an overlay is, as it is marked."
        ),
        **_SETTINGS.of(lambda row: row.seen.any),
        "pending": Key(
            TEXTS, lambda row: list(row.pending), "Fields that wait for a start of the network."
        ),
        "nics": each(NETWORK_NIC, lambda row: row.nics),
        "orphans": Key(NUMBER, lambda row: row.orphans, "How many have lost the bridge."),
        "foreign_ports": Key(
            TEXTS,
            lambda row: list(row.foreign_ports),
            "Ports of its bridge that no guest of this libvirt has.",
        ),
    },
)
NETWORKS: Document[NetworkListing] = Document(
    "networks",
    "list-networks.",
    {
        "items": each(NETWORK, lambda listing: listing.rows),
        "notes": notes(lambda listing: listing.notes),
    },
    names=lambda found: (each["name"] for each in found["items"]),
)


SHOWN_NETWORK: Document[ShownNetwork] = Document(
    "network",
    "show-network.",
    {
        **NETWORK.of(lambda shown: shown.row),
        "reservations": each(_RESERVATION, lambda shown: shown.row.seen.any.reservations),
        "records": each(_RECORD, lambda shown: shown.row.seen.any.records),
        "leases": each(LEASE, lambda shown: shown.leases.rows),
        "forwards": each(FORWARD, lambda shown: shown.forwards.rows),
        "notes": notes(lambda shown: (*shown.leases.notes, *shown.forwards.notes)),
    },
    names=lambda found: (found["name"],),
)
