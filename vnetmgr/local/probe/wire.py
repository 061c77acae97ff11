"""Frames in and out of one link of this network namespace: AF_PACKET, for root."""

from __future__ import annotations

import socket
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Self

from vnetmgr.local.probe.frames.ethernet import Frame, FrameError, build_frame, read_frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

EVERY_KIND = 0x0003  # ETH_P_ALL, include/uapi/linux/if_ether.h
_LARGEST = 65535
_MINE = (socket.PACKET_HOST, socket.PACKET_BROADCAST, socket.PACKET_MULTICAST)


class Wire:
    """One link, opened as a context manager. Raises OSError."""

    def __init__(self, link: str, kind: int = EVERY_KIND) -> None:
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.htons(kind)
        )
        try:
            self._socket.bind((link, kind))
        except BaseException:
            self._socket.close()
            raise
        self.mac: bytes = self._socket.getsockname()[4]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, frame: Frame) -> None:
        """A frame that the link does not take now is lost, as on any wire."""
        with suppress(OSError):
            self._socket.send(build_frame(frame))

    def frames(self, until: float) -> Iterator[Frame]:
        """What arrives for this link until then, however much it is. Raises OSError where the link
        goes meanwhile."""
        while (left := until - monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data, sender = self._socket.recvfrom(_LARGEST)
            except TimeoutError:
                return
            if sender[2] in _MINE:
                with suppress(FrameError):
                    yield read_frame(data)
