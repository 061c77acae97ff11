"""Where a packet gets to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.path.trace import Fate, HopKind, Way
from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    TEXTS,
    Document,
    Key,
    Shape,
    each,
    one_of,
    or_null,
    text_or_null,
)

if TYPE_CHECKING:
    from vnetmgr.model.path.trace import Trace, TraceHop

HOP: Shape[TraceHop] = Shape(
    "hop",
    {
        "way": Key(one_of(Way), lambda hop: hop.way, "there: the packet; back: its answer."),
        "kind": Key(one_of(HopKind), lambda hop: hop.kind),
        "name": Key(TEXT, lambda hop: hop.name, "The link; the chain with its table; an address."),
        "rule": Key(
            or_null(TEXT),
            lambda hop: hop.rule,
            "As nft or iptables-save shows it; for what is no chain, what is so there.",
        ),
        "owner": Key(or_null(TEXT), lambda hop: hop.owner, "Whose the rule is."),
        "verdict": Key(
            TEXT,
            lambda hop: hop.verdict,
            "pass, accept, drop, reject, unknown; or what a rule does: jump CHAIN, dnat.",
        ),
    },
)
TRACE: Document[Trace] = Document(
    "trace",
    "trace.",
    {
        "domain": Key(TEXT, lambda trace: trace.domain),
        "nic": Key(TEXT, lambda trace: trace.nic, "Its name, or its MAC."),
        "source": Key(
            or_null(TEXT),
            lambda trace: text_or_null(trace.source),
            "The guest's address; null: not known.",
        ),
        "destination": Key(TEXT, lambda trace: str(trace.destination), "An address."),
        "protocol": Key(one_of(("tcp", "udp", "icmp")), lambda trace: trace.protocol),
        "port": Key(or_null(NUMBER), lambda trace: trace.port),
        "verdict": Key(
            one_of(Fate),
            lambda trace: trace.verdict,
            "delivered: to a guest, to the host, or out of it; and the answer gets back.",
        ),
        "reason": Key(TEXT, lambda trace: trace.reason, "One sentence."),
        "hops": each(HOP, lambda trace: trace.hops, "In the order of the way."),
        "live": Key(
            or_null({"type": "number"}),
            lambda trace: trace.live_s,
            "--live: how many seconds the kernel was watched; null: worked out by what is loaded.",
        ),
        "unknown": Key(
            TEXTS, lambda trace: list(trace.unknown), "What cannot be told, each by its name."
        ),
    },
)
