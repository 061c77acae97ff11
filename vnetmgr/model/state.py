"""libvirt's two states of an object, and one object in both."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

from vnetmgr.model.record import Record

T = TypeVar("T")


class State(StrEnum):
    """libvirt's two states of an object."""

    CONFIG = "config"
    LIVE = "live"


class Seen(Record, Generic[T]):
    """One object in libvirt's two states, with the documents for merging.

    The documents are opaque to everyone but libvirt_xml.
    """

    key: str
    config: T | None = None
    live: T | None = None
    config_xml: str | None = None
    live_xml: str | None = None

    def value(self, state: State) -> T | None:
        """The object in one state."""
        return self.config if state is State.CONFIG else self.live

    def xml(self, state: State) -> str | None:
        """The document in one state."""
        return self.config_xml if state is State.CONFIG else self.live_xml

    @property
    def any(self) -> T:
        """The config where there is one, else the live object."""
        found = self.config if self.config is not None else self.live
        if found is None:
            raise ValueError(f"{self.key} is in neither state")
        return found
