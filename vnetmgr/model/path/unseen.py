"""What was not looked at, and what that would need."""

from __future__ import annotations

from enum import StrEnum

from vnetmgr.model.record import Record

ALL_OF = "domains"
"""The part of a domain of which nothing could be read."""


class Need(StrEnum):
    """What somebody can do so that it is seen the next time."""

    ROOT = "root"
    LOCAL_HOST = "a local host"
    AGENT = "an agent"
    PROBE = "--probe"
    PROGRAM = "a program"
    WRITABLE = "a connection that may write"
    OTHER = "something else"


class Unseen(Record):
    """A part of the facts that is None."""

    part: str
    """The field of PathFacts, or one within it: `rulesets.nft`, `domains.agent`."""
    needs: Need
    why: str
    """In words: `needs root: nft: Operation not permitted`."""
    domain: str | None = None
    """The one that it is about; None: the host."""
