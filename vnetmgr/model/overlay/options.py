"""What may be said of OVN: a table of a spec's keys, and what reads each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.model.names import HOST_NAME, NO_HOST_NAME
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Callable

_REMOTE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:]+):(?P<port>[0-9]{1,5})")
_ADDRESS = re.compile(r"[0-9A-Za-z]([0-9A-Za-z._-]{0,253}[0-9A-Za-z])?")
_NORTH = ("6641", "/run/ovn/ovnnb_db.sock")
_SOUTH = ("6642", "/run/ovn/ovnsb_db.sock")
"""Where OVN's own packages have them: port and socket."""
_PASSIVE = ("ptcp", "pssl", "punix")
_MOST = 2**63 - 1


def is_word(text: str, separators: str = ",") -> bool:
    """Whether it can be a name in one of OVN's lists, which these separate."""
    return bool(text) and not any(
        char in separators or char.isspace() or not char.isprintable() for char in text
    )


def parse_northbound(text: str) -> str:
    """Read where a database is, in one place or, of a cluster, in several."""
    return _parse_remotes(text, *_NORTH)


def parse_southbound(text: str) -> str:
    """The same of the one that hosts read."""
    return _parse_remotes(text, *_SOUTH)


def _parse_remotes(text: str, port: str, socket: str) -> str:
    remotes = [each.strip() for each in text.split(",")]
    for remote in remotes:
        _check_remote(remote, text, port, socket)
    return ",".join(dict.fromkeys(remotes))


def _check_remote(remote: str, text: str, port: str, socket: str) -> None:
    method, colon, rest = remote.partition(":")
    if method in _PASSIVE:
        raise ValueError(f"{remote!r} is what the database listens at; say {remote[1:]!r}")
    if not colon or method not in ("tcp", "ssl", "unix"):
        whole = "" if remote == text else f" in {text!r}"
        like = f"tcp:10.0.0.1:{port}, ssl:ovn1.example.org:{port} or unix:{socket}"
        raise ValueError(f"{remote!r}{whole} is no database of OVN's: write {like}")
    if method == "unix":
        parse_file(rest)
        return
    found = _REMOTE.fullmatch(rest)
    if found is None:
        raise ValueError(
            f"{remote!r}: {method}: takes a host and a port, as {method}:10.0.0.1:{port} or "
            f"{method}:[fd00::1]:{port}"
        )
    if not 1 <= int(found["port"]) <= 65535:
        raise ValueError(f"{remote!r}: a port is a number from 1 to 65535")
    _check_host(found["host"], remote)


def _check_host(host: str, remote: str) -> None:
    if not host.startswith("["):
        if not _ADDRESS.fullmatch(host):
            raise ValueError(f"{remote!r}: {host!r} is no host")
        return
    from ipaddress import IPv6Address

    try:
        IPv6Address(host[1:-1])
    except ValueError:
        raise ValueError(f"{remote!r}: {host} is no address of IPv6") from None


def parse_file(text: str) -> str:
    """Read a file's absolute name: what reads it may stand in any directory."""
    if not text.startswith("/") or not text.isprintable():
        raise ValueError(f"{text!r} is no absolute path of printable characters")
    return text


def parse_fleet(text: str) -> str:
    """Read a fleet's name."""
    if not re.fullmatch(HOST_NAME, text) or text == NO_HOST_NAME:
        raise ValueError(
            f"{text!r} is no name of a fleet: letters, digits, '.', '_' and '-', with a letter or "
            f"digit first and last, and not {NO_HOST_NAME}"
        )
    return text


def parse_revision(text: str) -> int:
    """Read a spec's revision."""
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > _MOST:
        raise ValueError(f"{text!r} is no revision: a whole number from 0 to {_MOST}")
    return int(text)


class OvnKey(Row):
    """A key of a spec's `ovn`."""

    parse: Callable[[str], object]
    metavar: str
    help: str
    several: bool = False
    """Whether it may be a list, in which each stands by itself."""


OVN_KEYS = {
    "northbound": OvnKey(
        parse_northbound,
        "REMOTE",
        "The northbound database: tcp:HOST:PORT, ssl:HOST:PORT or unix:FILE; those of a cluster "
        "as a list, or with commas between.",
        several=True,
    ),
    "private_key": OvnKey(parse_file, "FILE", "This client's key, for ssl:."),
    "certificate": OvnKey(parse_file, "FILE", "This client's certificate."),
    "ca_cert": OvnKey(parse_file, "FILE", "Who has to have signed the database's certificate."),
    "fleet": OvnKey(
        parse_fleet,
        "NAME",
        "Whose the overlays are: those of another fleet in the same database are left alone.",
    ),
    "revision": OvnKey(
        parse_revision,
        "N",
        "Of this spec, as a commit's number: an older one does not write over what a newer has.",
    ),
}
"""By their names, which are those of OvnSettings' fields."""
