"""What QEMU holds of a device that libvirt does not list: a libvirtd was killed while it plugged
it in, and forgot it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from vnetmgr.model.values import PciAddress


class Unlisted(Row):
    """Its name, or its place."""

    domain: str
    name: str | None = None
    address: PciAddress | None = None


class UnlistedDeviceError(VnetError):
    """A nic could not be plugged in: QEMU has one of its name, or one in its slot."""

    def __init__(self, text: str, hint: str, *, unlisted: Unlisted) -> None:
        super().__init__(text, hint)
        self.unlisted = unlisted
