"""Back ends: `-netdev TYPE`, and the same in `-net TYPE` and `-nic TYPE`.

Sources: QEMU's qapi/net.json and net/{slirp,tap,socket,stream,dgram,vhost-user,vhost-vdpa}.c of
7.2, with the keys that qemu-options.hx had before and has had since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.options.extra import GENERATED_TARGETS
from vnetmgr.qemu_args.backend_keys import (
    BRIDGE,
    COMMON,
    DGRAM,
    HELPER,
    LEGACY_KEYS,
    NO_EQUIVALENT,
    PASST,
    SOCKET,
    STREAM,
    TAP,
    USER,
    VDPA,
    VHOST_USER,
)
from vnetmgr.qemu_args.rules import Draft, Rule, read_hub
from vnetmgr.qemu_args.sockets import (
    dgram_source,
    socket_source,
    stream_source,
    vhost_user_source,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vnetmgr.qemu_args.options import Argument


def _user_source(draft: Draft) -> Source | None:
    taken, extra = draft.taken, draft.extra
    ipv4 = taken.get("net") or taken.get("ip")
    for key in ("net", "ip"):
        if key in taken and taken[key] != ipv4:
            draft.note(f"{key}={taken[key]}: an older word for net=, which is given too")
    prefix = taken.get("ipv6-prefix")
    ipv6 = taken.get("ipv6-net") or (prefix and f"{prefix}/{taken.get('ipv6-prefixlen', '64')}")
    if prefix and "ipv6-net" in taken:
        draft.note(f"ipv6-prefix={prefix}: ipv6-net= says it too")
    elif "ipv6-prefixlen" in taken and not prefix:
        draft.note(f"ipv6-prefixlen={taken['ipv6-prefixlen']}: no ipv6-prefix= that it belongs to")
    try:
        if ipv4:
            extra.update(_subnet(ipv4, 4))
        if ipv6:
            extra.update(_subnet(ipv6, 6))
    except ValueError as error:
        draft.problem(f"net={ipv4 or ipv6}: {error}")
        return None
    return Source(Mode.USER)


def _subnet(text: str, version: int) -> dict[str, str]:
    """The address and prefix of `10.0.2.0/24` or `10.0.2.0/255.255.255.0`.

    Without a prefix QEMU guesses by the address's class (net/slirp.c), and libvirt hands on
    an address without one as it is.
    """
    import ipaddress

    address, slash, _ = text.partition("/")
    number = ipaddress.ip_address(address)
    if number.version != version:
        raise ValueError(f"not an IPv{version} subnet")
    if version == 6:
        found, prefix = {"ip6.address": str(number)}, "ip6.prefix"
    else:
        found, prefix = {"ip.address": str(number), "ip.family": "ipv4"}, "ip.prefix"
    if slash:
        found[prefix] = str(ipaddress.ip_network(text, strict=False).prefixlen)
    return found


def _tap_source(draft: Draft) -> Source:
    taken, extra = draft.taken, draft.extra
    ifname = taken.get("ifname")
    if ifname and "%" in ifname:
        draft.note(f"ifname={ifname}: the kernel puts a number in; libvirt chooses a name itself")
        ifname = None
    if ifname and ifname.startswith(GENERATED_TARGETS):
        draft.note(f"ifname={ifname}: libvirt keeps names like that to itself and chooses one")
        ifname = None
    if ifname:
        extra["target.dev"] = ifname
    if "helper" in taken or "br" in taken:
        return _tap_on_bridge(draft)
    script, down = taken.get("script"), taken.get("downscript")
    if script is None:
        script = "/etc/qemu-ifup"
        draft.note(
            "no script= named, so QEMU runs /etc/qemu-ifup, and so will libvirt; where that only "
            "plugs the tap into a bridge, attach-nic --bridge is the better choice"
        )
    if script != "no":
        extra["script.path"] = script
    elif ifname:
        # Nobody sets the link up, so it is one that was made beforehand.
        extra["target.managed"] = "no"
    if down and down != "no":
        extra["downscript.path"] = down
    return Source(Mode.ETHERNET)


def _tap_on_bridge(draft: Draft) -> Source:
    taken = draft.taken
    if "helper" in taken:
        draft.note(f"helper={taken['helper']}: {HELPER.reason}")
    else:
        draft.note(
            f"br={taken['br']}: QEMU looks at it with helper= alone; read as the bridge meant"
        )
    for key in ("script", "downscript"):
        if key in taken and taken[key] != "no":
            draft.note(f"{key}={taken[key]}: libvirt runs no script for a nic on a bridge")
        elif key in taken:
            draft.note(f"{key}=no: as libvirt does on a bridge")
    return Source(Mode.BRIDGE, taken.get("br", "br0"))


def _bridge_source(draft: Draft) -> Source:
    return Source(Mode.BRIDGE, draft.taken.get("br", "br0"))


def _vdpa_source(draft: Draft) -> Source | None:
    path = draft.taken.get("vhostdev")
    if path is None:
        draft.problem("no vhostdev=; name the device, like /dev/vhost-vdpa-0")
        return None
    return Source(Mode.VDPA, path)


def _passt_source(draft: Draft) -> Source:
    draft.extra["backend.type"] = "passt"
    return Source(Mode.USER)


class Kind(NamedTuple):
    """A type of back end: what becomes of its keys, and of all of them together."""

    rules: Mapping[str, Rule]
    source: Callable[[Draft], Source | None]


KINDS: dict[str, Kind] = {
    "user": Kind(USER, _user_source),
    "tap": Kind(TAP, _tap_source),
    "bridge": Kind(BRIDGE, _bridge_source),
    "socket": Kind(SOCKET, socket_source),
    "stream": Kind(STREAM, stream_source),
    "dgram": Kind(DGRAM, dgram_source),
    "vhost-user": Kind(VHOST_USER, lambda _: None),
    "vhost-vdpa": Kind(VDPA, _vdpa_source),
    "passt": Kind(PASST, _passt_source),
}


def read_backend(
    argument: Argument,
    pairs: tuple[tuple[str, str], ...],
    *,
    legacy: bool,
    chardevs: Mapping[str, Argument],
) -> Draft:
    """Read a back end. One that libvirt cannot have comes back with a problem."""
    draft = Draft(argument, argument.label)
    given = dict(pairs)
    name = given.get("type", "")
    draft.id = given.get("id")
    draft.hub = _hub_of(given) if legacy else None
    if name in NO_EQUIVALENT:
        draft.problem(f"({' '.join(argument.words)}) {NO_EQUIVALENT[name]}")
        return draft
    if name not in KINDS:
        known = [*KINDS, *NO_EQUIVALENT, "hubport"]
        typed = " ".join(argument.words)
        draft.problem(f"({typed}) {name!r} is no back end.{did_you_mean(name, known)}")
        return draft
    kind = KINDS[name]
    draft.apply(pairs, {**kind.rules, **COMMON, **(LEGACY_KEYS if legacy else {})})
    if legacy:
        _take_name(draft)
    if not draft.problems:
        draft.source = (
            vhost_user_source(draft, chardevs) if name == "vhost-user" else kind.source(draft)
        )
    if draft.listed and draft.source is not None:
        from vnetmgr.qemu_args.forwards import take_forwards

        take_forwards(draft)
    return draft


def _take_name(draft: Draft) -> None:
    name = draft.taken.get("name")
    if draft.id and name:
        draft.note(f"name={name}: id={draft.id} names it")
    draft.id = draft.id or name


def _hub_of(given: Mapping[str, str]) -> int:
    try:
        return int(read_hub(given.get("vlan", "0")))
    except ValueError:
        return 0
