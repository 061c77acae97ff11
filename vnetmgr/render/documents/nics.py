"""Nics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vnetmgr.model.address import Origin
from vnetmgr.model.nic import Mode
from vnetmgr.render.documents.forwards import FORWARD
from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    TEXTS,
    YES_NO,
    Document,
    Key,
    Shape,
    array,
    notes,
    one_of,
    or_null,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.address import Address
    from vnetmgr.model.rows.nics import NicRow, Pending

_ADDRESS: Shape[Address] = Shape(
    "address",
    {
        "address": Key(TEXT, lambda known: known.address),
        "prefix": Key(NUMBER, lambda known: known.prefix),
        "origin": Key(one_of(Origin), lambda known: known.origin, "Who says so."),
    },
)
_BOTH: Shape[Pending] = Shape(
    "pending",
    {
        "live": Key(or_null(TEXT), lambda pending: pending.live),
        "config": Key(or_null(TEXT), lambda pending: pending.config),
    },
)
# What only a nic that is in a domain has is null of one that import-qemu has read.
NIC: Shape[NicRow] = Shape(
    "nic",
    {
        "domain": Key(or_null(TEXT), lambda row: row.domain),
        "name": Key(or_null(TEXT), lambda row: row.nic.name, "Its alias, without ua-."),
        "mac": Key(or_null(TEXT), lambda row: row.nic.mac),
        "mode": Key(one_of(Mode), lambda row: row.nic.source.mode),
        "source": Key(or_null(TEXT), lambda row: row.nic.source.name),
        "model": Key(or_null(TEXT), lambda row: row.nic.model),
        "target": Key(or_null(TEXT), lambda row: row.target, "The host's link of a live nic."),
        "link": Key(one_of(("up", "down")), lambda row: row.link),
        "vlan": Key(array(NUMBER), lambda row: list(row.nic.vlan or ())),
        "mtu": Key(or_null(NUMBER), lambda row: row.nic.mtu),
        "addresses": Key(
            or_null(array(_ADDRESS.reference)),
            lambda row: [_ADDRESS.json(address) for address in row.addresses],
            parts=(_ADDRESS,),
        ),
        "in_config": Key(or_null(YES_NO), lambda row: row.in_config),
        "in_live": Key(or_null(YES_NO), lambda row: row.in_live),
        "pending": Key(
            or_null(TEXTS),
            lambda row: [each.field for each in row.pending],
            "Fields that wait for the next start.",
        ),
        "pending_values": Key(
            or_null({"type": "object", "additionalProperties": _BOTH.reference}),
            lambda row: {each.field: _BOTH.json(each) for each in row.pending},
            "What runs, and what the config says, by field.",
            parts=(_BOTH,),
        ),
        "orphan": Key(
            or_null(YES_NO),
            lambda row: row.orphan,
            "Whether its tap has lost its bridge; null: cannot be seen from here.",
        ),
        "bound": Key(
            or_null(YES_NO),
            lambda row: row.bound,
            "Whether a host has its port on an overlay; null: it is on none, or that is not known.",
            optional=True,
        ),
        "state": Key(or_null(TEXT), lambda row: row.state, "For people, in words.", optional=True),
        "owned": Key(YES_NO, lambda row: row.nic.owned, "Whether a spec made it."),
    },
)


class ShownNics(NamedTuple):
    """What list-nics and import-qemu show, in JSON already."""

    items: Sequence[dict[str, object]]
    notes: Iterable[str]
    forwards: list[dict[str, object]] | None = None


def names_of_nics(found: Mapping[str, Any]) -> Iterator[str]:
    """As doctor and trace take them."""
    return (f"{each['domain']}/{each['name'] or each['mac']}" for each in found["items"])


NICS: Document[ShownNics] = Document(
    "nics",
    "list-nics; and import-qemu, whose nics are in no domain yet.",
    {
        "items": Key(array(NIC.reference), lambda shown: shown.items, parts=(NIC,)),
        "forwards": Key(
            array(FORWARD.reference),
            lambda shown: shown.forwards,
            "import-qemu's.",
            optional=True,
            parts=(FORWARD,),
        ),
        "notes": notes(lambda shown: shown.notes),
    },
    names=names_of_nics,
)
