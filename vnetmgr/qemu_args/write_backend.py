"""A nic's source as QEMU's back end: the `-netdev` half."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.nic import Mode
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.nic import Nic, Pairs

# What `-netdev bridge` runs by itself and `-netdev tap` has to be told. Where distributions
# put it differs: Debian's place.
BRIDGE_HELPER = "/usr/lib/qemu/qemu-bridge-helper"


class Backend(NamedTuple):
    """One back end. `kind` None: QEMU has none for this source."""

    kind: str | None
    pairs: Pairs = ()
    notes: tuple[str, ...] = ()
    used: frozenset[str] = frozenset()
    """The extra attributes that are said by it."""
    old: bool = True
    """Whether `-net` has it too."""
    chardev: str | None = None


def backend(nic: Nic, *, number: int, virtio: bool) -> Backend:
    """The back end of a nic; `number` keeps apart what several nics of a guest would share."""
    if not virtio:  # only virtio can use several queues, and vhost
        extra = tuple(pair for pair in nic.extra or () if pair[0] != "driver.name")
        nic = replace(nic, queues=None, extra=extra)
    writer = _WRITERS.get(nic.source.mode)
    if writer is None:
        note = f"a {nic.source.mode} source has no back end in QEMU: the nic is not connected"
        return Backend(None, notes=(note,), old=False)
    found = writer(nic, number)
    return found._replace(used=found.used & dict(nic.extra or ()).keys())


def _user(nic: Nic, number: int) -> Backend:
    extra = dict(nic.extra or ())
    if extra.get("backend.type") == "passt":
        path = f"/tmp/passt_{number + 1}.socket"  # noqa: S108  # passt's own default
        return Backend(
            "stream",
            (("server", "off"), ("addr.type", "unix"), ("addr.path", path)),
            notes=(f"passt is a program of its own, to be started first: passt --socket {path}",),
            used=frozenset({"backend.type"}),
            old=False,
        )
    pairs = []
    for key, word in (("ip", "net"), ("ip6", "ipv6-net")):
        if (address := extra.get(f"{key}.address")) is not None:
            prefix = f"/{extra[f'{key}.prefix']}" if f"{key}.prefix" in extra else ""
            pairs.append((word, address + prefix))
    used = frozenset({"ip.address", "ip.prefix", "ip.family", "ip6.address", "ip6.prefix"})
    return Backend("user", tuple(pairs), used=used if pairs else frozenset())


def _bridge(nic: Nic, number: int) -> Backend:
    return _on_bridge(nic, nic.source.name or "", number)


def _network(nic: Nic, number: int) -> Backend:
    name = nic.source.name
    if nic.bridge is None:
        found = _on_bridge(nic, "BRIDGE", number)
        note = (
            f"network {name}: put the bridge behind it for BRIDGE (virsh net-info {name}); "
            "QEMU knows no networks"
        )
    else:
        found = _on_bridge(nic, nic.bridge, number)
        note = f"network {name} is bridge {nic.bridge}; its DHCP and NAT are libvirt's, not QEMU's"
    return found._replace(notes=(note, *found.notes))


def _on_bridge(nic: Nic, bridge: str, number: int) -> Backend:
    """`bridge` where its helper can; it makes a tap with one queue, whose name the kernel picks."""
    extra = dict(nic.extra or ())
    settings, used = _tap_settings(nic)
    if _queues(nic) or "target.dev" in extra:
        # One of the names that libvirt keeps for taps of nobody's choice, but none of its own.
        name = extra.get("target.dev", f"vnetmgr{number}")
        note = f"put the tap on the bridge: ip link set {name} master {bridge} up"
        pairs: Pairs = (("ifname", name), ("script", "no"), ("downscript", "no"), ("br", bridge))
        return Backend("tap", (*pairs, *settings), notes=(note,), used=used | {"target.dev"})
    note = f"qemu-bridge-helper has to allow it: allow {bridge} in /etc/qemu/bridge.conf"
    if settings:
        pairs = (("br", bridge), ("helper", BRIDGE_HELPER))
        return Backend("tap", (*pairs, *settings), notes=(note,), used=used)
    return Backend("bridge", (("br", bridge),), notes=(note,))


def _tap_settings(nic: Nic) -> tuple[Pairs, frozenset[str]]:
    """What a tap of any origin can be told, and the attributes that say it."""
    extra = dict(nic.extra or ())
    pairs: list[tuple[str, str]] = []
    if "driver.name" in extra:
        pairs.append(("vhost", "on" if extra["driver.name"] == "vhost" else "off"))
    if "tune.sndbuf" in extra:
        pairs.append(("sndbuf", extra["tune.sndbuf"]))
    return (*_queues(nic), *pairs), frozenset({"driver.name", "tune.sndbuf"})


def _queues(nic: Nic) -> Pairs:
    return (("queues", str(nic.queues)),) if nic.queues and nic.queues > 1 else ()


def _ethernet(nic: Nic, _: int) -> Backend:
    """libvirt runs a script only where one is named; QEMU has to be told so."""
    extra = dict(nic.extra or ())
    name = extra.get("target.dev") or nic.target
    settings, used = _tap_settings(nic)
    pairs = (
        *((("ifname", name),) if name else ()),
        ("script", extra.get("script.path", "no")),
        ("downscript", extra.get("downscript.path", "no")),
    )
    said = {"target.dev", "script.path", "downscript.path"}
    if name and extra.get("target.managed") == "no":
        said.add("target.managed")  # a tap that is there already is taken as it is
    return Backend("tap", (*pairs, *settings), used=used | said)


def _direct(nic: Nic, number: int) -> Backend:
    """QEMU opens no macvtap by itself: whoever starts it hands one in."""
    settings, used = _tap_settings(nic)
    first, count = 3 + number, nic.queues or 1
    descriptors = [str(first + index) for index in range(count)]
    link, mac = f"macvtap{number}", f" address {nic.mac}" if nic.mac else ""
    mode = nic.direct_mode or "vepa"  # libvirt's default
    note = (
        f"make the macvtap first: ip link add link {nic.source.name} name {link}{mac} type macvtap "
        f"mode {mode} && ip link set {link} up; and start QEMU with "
        + " ".join(f"{fd}<>/dev/tap$(cat /sys/class/net/{link}/ifindex)" for fd in descriptors)
    )
    key = "fd" if count == 1 else "fds"
    # queues= is refused beside descriptors: their number says it (net/tap.c).
    rest = tuple(pair for pair in settings if pair[0] != "queues")
    return Backend("tap", ((key, ":".join(descriptors)), *rest), notes=(note,), used=used)


def _socket(key: str) -> Callable[[Nic, int], Backend]:
    def write(nic: Nic, _: int) -> Backend:
        address, _space, local = (nic.source.name or "").partition(" ")
        near = (("localaddr", local),) if local else ()
        return Backend("socket", ((key, address), *near))

    return write


def _vhost_user(nic: Nic, number: int) -> Backend:
    server = ("source.mode", "server") in (nic.extra or ())
    path = nic.source.name or "PATH"
    chardev = f"socket,id=charnet{number},path={escape(path)}" + ",server=on" * server
    notes: tuple[str, ...] = (
        "vhost-user needs the guest's memory shared (-object memory-backend-memfd,share=on)",
    )
    if server:
        notes += ("server=on: QEMU waits at its start until the switch has connected",)
    if not nic.source.name:
        notes += ("no socket is named: put its path for PATH",)
    pairs = (("chardev", f"charnet{number}"), *_queues(nic))
    used = frozenset({"source.mode"})
    return Backend("vhost-user", pairs, notes=notes, used=used, old=False, chardev=chardev)


def _vdpa(nic: Nic, _: int) -> Backend:
    pairs = (("vhostdev", nic.source.name or ""), *_queues(nic))
    return Backend("vhost-vdpa", pairs, old=False)


_WRITERS: dict[Mode, Callable[[Nic, int], Backend]] = {
    Mode.USER: _user,
    Mode.BRIDGE: _bridge,
    Mode.NETWORK: _network,
    Mode.DIRECT: _direct,
    Mode.ETHERNET: _ethernet,
    Mode.SERVER: _socket("listen"),
    Mode.CLIENT: _socket("connect"),
    Mode.MCAST: _socket("mcast"),
    Mode.UDP: _socket("udp"),
    Mode.VHOSTUSER: _vhost_user,
    Mode.VDPA: _vdpa,
}


def escape(value: str) -> str:
    """A value between commas: QEMU reads two of them as one (util/keyval.c)."""
    return value.replace(",", ",,")


def join(kind: str, pairs: Pairs) -> str:
    """`kind,key=value,...` as one word."""
    return ",".join((escape(kind), *(f"{key}={escape(value)}" for key, value in pairs)))
