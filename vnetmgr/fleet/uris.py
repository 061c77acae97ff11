"""The URIs by which hosts are reached: what libvirt could not read, and what should not be there.
Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from vnetmgr.model.names import did_you_mean
from vnetmgr.printable import is_printable

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_EXAMPLE = "qemu+ssh://root@kvm1/system"
_DRIVERS = ("qemu", "test", "xen", "lxc", "ch", "bhyve", "vz", "vbox", "esx", "vpx", "hyperv")
_TRANSPORTS = ("ssh", "tls", "tcp", "unix", "ext", "libssh", "libssh2")
_PATHS = ("/system", "/session", "/embed")
_WORD = re.compile(r"[A-Za-z0-9_.:][A-Za-z0-9_.:%@\\-]*")
_RUNNING = ("command", "netcat")


def check_uri(text: str) -> str:
    """A URI that libvirt can read, without a secret in it. Raises ValueError."""
    if not text or not is_printable(text) or " " in text:
        raise ValueError(f"{text!r} is no URI, such as {_EXAMPLE}")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is no URI: {error}") from None
    if parts.password is not None:  # not shown again
        raise ValueError(
            "a password does not belong into a URI, which every process can see: use a key, or "
            "libvirt's auth.conf"
        )
    _check_scheme(text, parts)
    for what, word in (("host", parts.hostname), ("user", parts.username)):
        if word and not _WORD.fullmatch(word):  # a program gets it
            raise ValueError(f"{text!r}: {word!r} is no name of a {what}")
    if parts.scheme.partition("+")[0] == "qemu" and parts.path not in _PATHS:
        raise ValueError(f"{text!r}: the path is /system, or /session: {_EXAMPLE}")
    return text


def _check_scheme(text: str, parts: SplitResult) -> None:
    driver, plus, transport = parts.scheme.partition("+")
    if not driver or not (parts.netloc or text.startswith(f"{parts.scheme}:///")):
        raise ValueError(f"{text!r} is no URI, such as {_EXAMPLE}")
    if driver not in _DRIVERS:
        meant = f"qemu+{text}" if driver in _TRANSPORTS else _EXAMPLE
        raise ValueError(f"{text!r}: libvirt has no driver {driver}; is {meant} meant?")
    if plus and transport not in _TRANSPORTS:
        guess = did_you_mean(transport, _TRANSPORTS)
        known = ", ".join(_TRANSPORTS)
        raise ValueError(f"{text!r}: libvirt has no transport {transport}, but {known}.{guess}")


def runs_a_program(uri: str) -> bool:
    """Whether who connects to it runs what it says."""
    parts = urlsplit(uri)
    return parts.scheme.endswith("+ext") or not parameters(parts.query).keys().isdisjoint(_RUNNING)


def parameters(query: str) -> dict[str, str]:
    """What libvirt reads in a URI behind the `?`: a `;` ends one too, names are the same in
    capitals, and a `+` is one (src/util/viruri.c, src/remote/remote_driver.c)."""
    pairs = (each.partition("=") for each in re.split("[&;]", query))
    return {unquote(name).lower(): unquote(value) for name, _, value in pairs if name}


def host_of(uri: str) -> str:
    """The host as it is written: capitals matter to ssh's own settings."""
    name = urlsplit(uri).netloc.rpartition("@")[2]
    return unquote(name[1:].partition("]")[0] if name[:1] == "[" else name.partition(":")[0])


def ssh_uri(host: str, *, user: str = "", port: str = "", keyfile: str = "") -> str:
    """The URI of the system's QEMU on a host that ssh reaches."""
    at = f"{quote(user, safe='')}@" if user else ""
    behind = f":{quote(port, safe='')}" if port else ""
    name = f"[{host}]" if ":" in host else quote(host, safe="")
    query = f"?keyfile={quote(keyfile)}" if keyfile else ""
    return f"qemu+ssh://{at}{name}{behind}/system{query}"
