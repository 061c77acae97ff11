"""Port forwards of user mode: `hostfwd=`, the `-redir` before it, and passt's `tcp-ports=`.

Sources: slirp_hostfwd in QEMU's net/slirp.c, 0.12 to 10, and passt(1).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.model.host_forward import slirp_address
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.forwards import forward_of, read_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.forward import Forward
    from vnetmgr.qemu_args.rules import Draft

_GUEST = r"(?P<guest>[^:]*):(?P<guest_port>[^:]*)"
_HOSTFWD = re.compile(rf"(?P<protocol>tcp|udp|):(?P<listen>[^:]*):(?P<host_port>[^:-]*)-{_GUEST}")
_REDIR = re.compile(rf"(?P<protocol>tcp|udp|):(?P<listen>)(?P<host_port>[^:]*):{_GUEST}")
_PASST = re.compile(r"(?:(?P<listen>[^/%]+)/)?(?P<ports>[0-9:,-]+)")
_PASST_PORTS = re.compile(r"(?P<host_port>[0-9-]+)(?::(?P<guest_port>[0-9-]+))?")


def take_forwards(draft: Draft) -> None:
    """Read what a back end listens on; what cannot be a forward is told."""
    for key, text in draft.listed:
        if key in ("tcp-ports", "udp-ports"):
            _take_passt(draft, f"{key}={text}", text, key[:3])
        else:
            form = _REDIR if key == "redir" else _HOSTFWD
            _take(draft, f"{draft.label}: {key}={text}", text, form)


def redirect(backs: list[Draft], typed: str, text: str) -> str | None:
    """Give a `-redir` to the first nic in user mode, as QEMU does; what to say where none is."""
    for back in backs:
        if back.source is not None and back.source.mode is Mode.USER and not _is_passt(back):
            _take(back, typed, text, _REDIR)
            return None
    return f"{typed}: no nic in user mode, so it leads nowhere"


def _is_passt(draft: Draft) -> bool:
    return draft.extra.get("backend.type") == "passt"


def _take(draft: Draft, typed: str, text: str, form: re.Pattern[str]) -> None:
    match = form.fullmatch(text)
    if match is None:
        draft.notes.append(
            f"{typed}: no TCP or UDP port of an IPv4 address of the host, and nothing else can be "
            "forwarded"
        )
        return
    if match["host_port"] == "0":
        draft.notes.append(f"{typed}: not forwarded: QEMU chooses a port at each start; name one")
        return
    own = str(slirp_address(tuple(draft.extra.items())))
    start = draft.argument.first("dhcpstart") if draft.argument is not None else None
    try:
        fields = _fields(
            match["protocol"] or "tcp",
            match["listen"],
            host_port=_port(match["host_port"]),
            guest_port=_port(match["guest_port"]),
        )
        if match["guest"] not in ("", own, start):
            fields["guest_address"] = read_option("guest_address", [match["guest"]])
            draft.notes.append(
                f"{typed}: it leads to {match['guest']}, which the guest has to give itself: DHCP "
                f"gives it {own}"
            )
        draft.forwards.append(forward_of(fields))
    except ValueError as error:
        draft.notes.append(f"{typed}: not forwarded: {error}")


def _fields(
    protocol: str, listen: str | None, *, host_port: str, guest_port: str
) -> dict[str, object]:
    """What all forms say. Raises ValueError."""
    texts = {"protocol": protocol, "host_port": host_port, "guest_port": guest_port}
    texts |= {"listen": listen} if listen else {}
    return {key: read_option(key, [text]) for key, text in texts.items()}


def _port(text: str) -> str:
    """A port in one of C's notations (strtol with base 0)."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,4}", text):
        return str(int(text, 16))
    if re.fullmatch(r"0[0-7]{1,6}", text):
        return str(int(text, 8))
    if "-" in text:
        raise ValueError(f"{text!r} is no port")
    return text


def _take_passt(draft: Draft, typed: str, text: str, protocol: str) -> None:
    try:
        draft.forwards += _passt_forwards(text, protocol)
    except ValueError as error:
        draft.note(f"{typed}: not forwarded: {error}")


def _passt_forwards(text: str, protocol: str) -> Iterator[Forward]:
    match = _PASST.fullmatch(text)
    parts = (
        [_PASST_PORTS.fullmatch(each) for each in match["ports"].split(",")] if match else [None]
    )
    for part in parts:
        if match is None or part is None:
            raise ValueError("it is not like 80, 8080:80 or 127.0.0.1/8000-8010")
        host_port = part["host_port"]
        guest_port = part["guest_port"] or host_port
        fields = _fields(protocol, match["listen"], host_port=host_port, guest_port=guest_port)
        yield forward_of(fields)
