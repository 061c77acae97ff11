"""Back ends that are sockets: which address becomes which source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.qemu.endpoint import Endpoint
from vnetmgr.qemu_args.rules import read_path, read_switch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.qemu_args.options import Argument
    from vnetmgr.qemu_args.rules import Draft

_KINDS = ("listen", "connect", "mcast", "udp")


def read_address(text: str, *, empty: str | None = None) -> str:
    """`host:port` as libvirt takes it; `empty` stands for a host that is left out."""
    host, colon, port = text.rpartition(":")
    if colon and host in ("", "localhost"):
        host = "127.0.0.1" if host else empty or ""
    return str(Endpoint.parse(f"{host}{colon}{port}", address_needed=empty != ""))


def socket_source(draft: Draft) -> Source | None:
    """`-netdev socket`: exactly one of its four kinds."""
    taken = draft.taken
    kinds = [key for key in _KINDS if key in taken]
    if len(kinds) != 1:
        given = " and ".join(kinds) or "none"
        draft.problem(f"one of listen=, connect=, mcast= and udp= is needed, not {given}")
        return None
    kind = kinds[0]
    local = taken.get("localaddr")
    try:
        if kind == "listen":
            source = Source(Mode.SERVER, read_address(taken[kind], empty=""))
        elif kind == "connect":
            source = Source(Mode.CLIENT, read_address(taken[kind], empty="127.0.0.1"))
        elif kind == "mcast":
            source = Source(Mode.MCAST, read_address(taken[kind]))
        else:
            return _udp(draft, taken[kind], local)
    except ValueError as error:
        draft.problem(f"{kind}={taken[kind]}: {error}")
        return None
    if local and kind == "mcast":
        draft.note(f"localaddr={local}: libvirt lets the kernel choose the link of a group")
    elif local:
        draft.problem(f"localaddr={local}: it belongs to mcast= or udp=, not to {kind}=")
    return source


def _udp(draft: Draft, remote: str, local: str | None) -> Source | None:
    if local is None:
        draft.problem(f"udp={remote}: needs localaddr=HOST:PORT as well, in QEMU and in libvirt")
        return None
    here = read_address(local, empty="0.0.0.0")  # noqa: S104  # as QEMU understands it
    return Source(Mode.UDP, f"{read_address(remote)} {here}")


def stream_source(draft: Draft) -> Source | None:
    """`-netdev stream`: over inet what `socket` is, over a unix socket most likely passt."""
    taken = draft.taken
    kind = taken.get("addr.type")
    server = taken.get("server", "off") == "on"
    if kind == "inet":
        address = f"{taken.get('addr.host', '')}:{taken.get('addr.port', '')}"
        _left_over(draft, ("addr.path", "addr.str"), kind)
        try:
            mode = Mode.SERVER if server else Mode.CLIENT
            return Source(mode, read_address(address, empty="" if server else None))
        except ValueError as error:
            draft.problem(f"addr.host, addr.port: {error}")
            return None
    path = taken.get("addr.path", "")
    if kind == "unix" and not server and "passt" in path:
        draft.note(
            f"addr.path={path}: read as passt's socket; libvirt starts a passt of its own "
            "(libvirt 9.0 or later, built with it)"
        )
        _left_over(draft, ("addr.host", "addr.port", "addr.str"), kind)
        draft.extra["backend.type"] = "passt"
        return Source(Mode.USER)
    draft.problem(
        f"{_shown(draft)}: libvirt has TCP sockets and passt, not other streams; nearest: "
        "addr.type=inet, or a bridge"
    )
    return None


def dgram_source(draft: Draft) -> Source | None:
    """`-netdev dgram`: a multicast group, or UDP between two addresses."""
    taken = draft.taken
    kinds = {taken.get("remote.type"), taken.get("local.type")} - {None}
    remote = f"{taken.get('remote.host', '')}:{taken.get('remote.port', '')}"
    local = f"{taken.get('local.host', '')}:{taken.get('local.port', '')}"
    group = _multicast(taken.get("remote.host", ""))
    needed = {"remote.type"} if group and local == ":" else {"remote.type", "local.type"}
    if kinds != {"inet"} or not needed <= set(taken):
        draft.problem(
            f"{_shown(draft)}: libvirt has UDP between two named addresses and multicast groups; "
            "nearest: remote.type=inet and local.type=inet"
        )
        return None
    _left_over(
        draft, tuple(f"{e}.{k}" for e in ("local", "remote") for k in ("path", "str")), "inet"
    )
    try:
        if group:
            if local != ":":
                draft.note(
                    f"local.type, local.host, local.port ({local}): libvirt lets the kernel "
                    "choose the link of a group"
                )
            return Source(Mode.MCAST, read_address(remote))
        return _udp(draft, remote, local)
    except ValueError as error:
        draft.problem(f"{_shown(draft)}: {error}")
        return None


def _left_over(draft: Draft, keys: tuple[str, ...], kind: str) -> None:
    for key in keys:
        if key in draft.taken:
            draft.problem(f"{key}={draft.taken[key]}: does not belong to a socket of type {kind}")


def _shown(draft: Draft) -> str:
    return ",".join(f"{key}={value}" for key, value in draft.taken.items() if key != "id") or "it"


def _multicast(host: str) -> bool:
    first = host.partition(".")[0]
    return (first.isdecimal() and 224 <= int(first[:4]) <= 239) or host.lower().startswith("ff")


def vhost_user_source(draft: Draft, chardevs: Mapping[str, Argument]) -> Source | None:
    """`-netdev vhost-user`: the socket is that of a `-chardev`."""
    name = draft.taken.get("chardev")
    chardev = chardevs.get(name or "")
    if name is None or chardev is None:
        given = "no chardev=" if name is None else f"chardev={name}: no such -chardev"
        draft.problem(f"{given}; it needs -chardev socket,id=ID,path=PATH")
        return None
    path = chardev.first("path")
    if chardev.first("backend") != "socket" or not path:
        draft.problem(f"chardev={name}: libvirt takes a unix socket alone (socket,path=PATH)")
        return None
    try:
        read_path(path)
    except ValueError as error:
        draft.problem(f"chardev={name}: path={path}: {error}")
        return None
    try:
        server = read_switch(chardev.first("server") or "off") == "on"
    except ValueError as error:
        draft.problem(f"chardev={name}: server: {error}")
        return None
    draft.note(
        f"chardev={name}: QEMU is the socket's {'server' if server else 'client'} "
        f"(libvirt's mode='{'server' if server else 'client'}')"
    )
    if server:
        draft.extra["source.mode"] = "server"
    for key, value in chardev.pairs:
        if key not in ("backend", "id", "path", "server"):
            draft.note(f"chardev={name}: {key}={value}: libvirt sets this itself or has no element")
    return Source(Mode.VHOSTUSER, path)
