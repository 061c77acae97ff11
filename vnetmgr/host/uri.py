"""What a connection URI says about where libvirt runs. Pure."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from vnetmgr.model.record import Record

DEFAULT_URI = "qemu:///system"
_IN_FILE_NAMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class HostUri(Record):
    """The parts of `driver[+transport]://[user@][host[:port]]/path[?...]`."""

    driver: str
    transport: str | None
    host: str | None
    path: str

    @classmethod
    def parse(cls, text: str) -> HostUri:
        """Read a URI as libvirt does; one without a scheme has an empty driver."""
        try:
            parts = urlsplit(text)
            host = parts.hostname
        except ValueError:  # an IPv6 address without its bracket: libvirt will say so
            return cls(driver="", transport=None, host=None, path="")
        driver, _, transport = parts.scheme.partition("+")
        return cls(driver=driver, transport=transport or None, host=host, path=parts.path)

    @property
    def is_local(self) -> bool:
        """Whether the guests' links are links of this machine.

        `qemu+ssh:///` and `qemu+ext:///` run a program that may lead anywhere, so that they
        count as remote. `test:` has no real host at all.
        """
        return self.driver == "qemu" and not self.host and self.transport in (None, "unix")

    @property
    def is_session(self) -> bool:
        """Whether libvirt there has a user's own rights, and not the system's."""
        return self.driver == "qemu" and self.path == "/session"

    @property
    def is_far(self) -> bool:
        """Whether libvirt is reached through something that may go away without a word."""
        return bool(self.host) or self.transport not in (None, "unix")

    def lock_key(self, hostname: str) -> str:
        """The identity of the managed host, the same over every transport; fit for a file name.

        Two users' `qemu:///session` share one: a needless wait is better than no lock.
        """
        name = "-".join((self.driver, self.path.strip("/"), hostname))
        return "".join(each if each in _IN_FILE_NAMES else "_" for each in name).lower()


def chosen_uri(uri: str | None) -> str:
    """The URI to connect to: the option, else LIBVIRT_DEFAULT_URI, else the system's QEMU.

    libvirt's own default depends on the user and on what it finds; this one does not.
    """
    return uri or os.environ.get("LIBVIRT_DEFAULT_URI") or DEFAULT_URI
