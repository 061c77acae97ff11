"""What fits a nic: which fields and which keys of extra its source and its model know.

libvirt takes most of them anywhere, and most in vain. Measured on libvirt 9.0 and QEMU 7.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import OPENVSWITCH, Mode
from vnetmgr.model.options.extra import GENERATED_TARGETS
from vnetmgr.model.options.nics import ANYWHERE, NIC_OPTIONS, Fits
from vnetmgr.model.options.parsers import is_address
from vnetmgr.model.sources import SWITCHED, TAPS, VIRTIO_RINGS
from vnetmgr.problem import Option, Worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.nic import Nic

FIELDS_THAT_FIT = tuple(
    field for field, option in NIC_OPTIONS.items() if option.fits is not ANYWHERE
)
"""Those that not every nic has."""

_ETHERNET = frozenset({Mode.ETHERNET})
_USER = frozenset({Mode.USER})

# What a key begins with -> the sources it fits, and why no others.
_KEY_FITS: dict[str, Fits] = {
    "target.dev": Fits(TAPS, "only a tap or macvtap has a name on the host"),
    "target.managed": Fits(_ETHERNET, "libvirt takes care of all other taps itself"),
    "script.": Fits(_ETHERNET, "libvirt runs scripts for ethernet nics only"),
    "downscript.": Fits(_ETHERNET, "libvirt runs scripts for ethernet nics only"),
    "tune.": Fits(TAPS, "only a tap has a send buffer"),
    "trustGuestRxFilters": Fits(TAPS, "only taps and macvtaps filter what they receive"),
    "backend.tap": Fits(TAPS, "only a tap has one"),
    "backend.vhost": Fits(TAPS, "only a tap has vhost"),
    "driver.": NIC_OPTIONS["model"].fits,
    "backend.type": Fits(_USER, "only user mode has a choice of back ends"),
    "backend.logFile": Fits(_USER, "only user mode has a choice of back ends"),
    "source.mode": Fits(
        frozenset({Mode.VHOSTUSER}),
        "only the socket of vhost-user has a server and a client",
    ),
    "ip.": Fits(_USER, "only user mode gives the guest its address"),
    "ip6.": Fits(_USER, "only user mode gives the guest its address"),
}
# A key that libvirt's schema takes only beside another one.
_NEEDS = {
    "target.managed": "target.dev",
    "teaming.persistent": "teaming.type",
    "ip.prefix": "ip.address",
    "ip.family": "ip.address",
    "ip6.prefix": "ip6.address",
    "backend.logFile": "backend.type",
}
_FAMILIES = {"ip.address": 4, "ip6.address": 6}
_QUEUE_SIZES = (256, 512, 1024)
_LONG = ("512", "1024")


def misfit(nic: Nic, field: str) -> str | None:
    """Why a field that a nic has cannot be on it; None when it can."""
    value = getattr(nic, field)
    if value is None or value is False:
        return None
    fits = NIC_OPTIONS[field].fits if field in NIC_OPTIONS else ANYWHERE
    if nic.source.mode not in fits.sources:
        return _misfit(field, f"a {nic.source.mode} nic: {fits.reason}")
    if value == OPENVSWITCH and field == "virtualport" and nic.source.mode not in SWITCHED:
        where = f"{value} does not fit a {nic.source.mode} nic: only bridges are its"
        return Worded(f"--virtualport {where}", f"virtualport {where}")
    if nic.virtualport == OPENVSWITCH and not fits.open_vswitch:
        return _misfit(field, "a nic on Open vSwitch: libvirt has it on Linux bridges only")
    return None


def _misfit(field: str, where: str) -> str:
    return Worded(f"{Option(field)} does not fit {where}", f"{field} does not fit {where}")


def misfits(nic: Nic, fields: Iterable[str]) -> list[tuple[str, str]]:
    """(field, why it cannot be on this nic) of some that are asked for; [] when all can."""
    return [(field, why) for field in fields if (why := misfit(nic, field)) is not None]


def extra_problems(nic: Nic) -> Iterator[str]:
    """What of a nic's extra cannot be, or would be taken in vain."""
    yield from (problem for _, problem in misfit_keys(nic))
    for key, value in nic.extra or ():
        yield from _value_problems(nic, key, value)


def misfit_keys(nic: Nic) -> Iterator[tuple[str, str]]:
    """(key, why) of those that such a nic has no use for."""
    if not nic.extra:
        return
    from vnetmgr.model.qemu.models import is_virtio

    for key, value in nic.extra:
        for prefix, fits in _KEY_FITS.items():
            if key.startswith(prefix) and nic.source.mode not in fits.sources:
                yield key, f"{key} does not fit a {nic.source.mode} nic: {fits.reason}"
        if (
            key.startswith("driver.")
            and nic.source.mode in _KEY_FITS["driver."].sources
            and not is_virtio(nic.model)
        ):
            model = nic.model or "of QEMU by default"
            yield key, f"{key} does not fit model {model}: only virtio has driver options"
        if (key, value) == ("teaming.type", "persistent") and not is_virtio(nic.model):
            yield key, f"{key}={value} does not fit model {nic.model}: only virtio can be teamed"
        if key == "driver.tx_queue_size" and value in _LONG and not _long_tx_queues(nic):
            # hw/net/virtio-net.c, virtio_net_max_tx_queue_size; the guest starts with 256.
            yield key, f"{key}={value}: on a {nic.source.mode} nic QEMU makes it 256 in silence"


def _value_problems(nic: Nic, key: str, value: str) -> Iterator[str]:
    if key in _NEEDS and _NEEDS[key] not in dict(nic.extra or ()):
        yield f"{key} needs {_NEEDS[key]}"
    if key in _FAMILIES and not is_address(value, _FAMILIES[key]):
        yield f"{key}={value}: no IPv{_FAMILIES[key]} address"
    if key in ("backend.tap", "backend.vhost", "backend.logFile") and value[:1] != "/":
        yield f"{key}={value}: no path from the root"
    if key == "target.dev" and value.startswith(GENERATED_TARGETS):
        yield f"{key}={value}: libvirt names such links itself, and would drop it"
    if key in ("driver.rx_queue_size", "driver.tx_queue_size"):
        sizes = [str(size) for size in _QUEUE_SIZES]
        if value not in sizes:
            yield f"{key}={value}: QEMU takes {', '.join(sizes)}"


def _long_tx_queues(nic: Nic) -> bool:
    return nic.source.mode in VIRTIO_RINGS
