"""Settings of a nic that QEMU users know and that are one attribute each in libvirt's XML.

A nic's `extra` holds those that it has, as (key, value) pairs in libvirt's own words: the key is
the attribute's place below `<interface>`, so `driver.rx_queue_size=1024` is
`<driver rx_queue_size='1024'/>`, and `driver.host.csum=off` is
`<driver><host csum='off'/></driver>`.

Source: libvirt's formatdomain.html, "Network interfaces"; src/conf/domain_conf.c,
virDomainNetDefFormat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ON_OFF = ("on", "off")
_YES_NO = ("yes", "no")
_OFFLOADS = ("csum", "gso", "tso4", "tso6", "ecn", "ufo")

EXTRA_KEYS: dict[str, tuple[str, ...]] = {
    "driver.name": ("qemu", "vhost"),
    "driver.txmode": ("iothread", "timer"),
    "driver.ioeventfd": _ON_OFF,
    "driver.event_idx": _ON_OFF,
    "driver.rx_queue_size": (),
    "driver.tx_queue_size": (),
    "driver.rss": _ON_OFF,
    "driver.rss_hash_report": _ON_OFF,
    "driver.iommu": _ON_OFF,
    "driver.ats": _ON_OFF,
    "driver.packed": _ON_OFF,
    "driver.page_per_vq": _ON_OFF,
    **{f"driver.host.{name}": _ON_OFF for name in (*_OFFLOADS, "mrg_rxbuf")},
    # QEMU has no guest_gso, and libvirt's schema no <guest gso>.
    **{f"driver.guest.{name}": _ON_OFF for name in _OFFLOADS if name != "gso"},
    "trustGuestRxFilters": _YES_NO,
    "rom.bar": _ON_OFF,
    "rom.file": (),
    "acpi.index": (),
    "teaming.type": ("persistent", "transient"),
    "teaming.persistent": (),
    "tune.sndbuf": (),
    "target.dev": (),
    "target.managed": _YES_NO,
    "script.path": (),
    "downscript.path": (),
    # Of vhost-user: whether QEMU listens on the socket. The switch does, where nothing is said.
    "source.mode": ("server",),
    "backend.type": ("passt",),
    "backend.logFile": (),
    "backend.tap": (),
    "backend.vhost": (),
    "ip.address": (),
    "ip.prefix": (),
    "ip.family": ("ipv4", "ipv6"),
    # The `<ip>` of IPv6; `ip` is the one of IPv4. libvirt takes one of each.
    "ip6.address": (),
    "ip6.prefix": (),
}
"""The keys there are, each with its values; () takes any text."""
FILE_KEYS = frozenset(
    {
        *("rom.file", "script.path", "downscript.path"),
        *("backend.logFile", "backend.tap", "backend.vhost"),
    }
)
"""Those whose values are files of the host, or programs that it runs."""

UNSETTABLE = frozenset(
    {
        *(
            "managed",
            "rom.enabled",
            "mac.type",
            "mac.check",
            "guest.dev",
            "guest.actual",
            "boot.loadparm",
            "coalesce.rx.frames.max",
        ),
        *("bandwidth.classID", "vlan.trunk", "vlan.tag.nativeMode", "backenddomain.name"),
        "driver.guest.gso",
        *("source.startupPolicy", "source.path", "source.port", "source.address", "source.name"),
        *("source.reconnect.enabled", "source.reconnect.timeout", "ip.peer", "route.gateway"),
        *("virtualport.parameters.interfaceid", "virtualport.parameters.profileid"),
        *("virtualport.parameters.instanceid", "virtualport.parameters.managerid"),
        *("virtualport.parameters.typeid", "virtualport.parameters.typeidversion"),
        *("portForward.proto", "portForward.address", "portForward.dev", "route.address"),
    }
)
"""What libvirt's schema has besides (9.0, domaincommon.rng): kept, and set by nothing here."""


FAMILIES = {"ip": "ipv4", "ip6": "ipv6"}
"""How a key that is about an `<ip>` begins, and that element's family."""


def by_family(pairs: Iterable[tuple[str, str | None]]) -> tuple[tuple[str, str | None], ...]:
    """The settings, with those of an address of IPv6 under its own keys: `ip.address=fd00::`, with
    or without `ip.family=ipv6`, is `ip6.address=fd00::`."""
    settings = tuple(pairs)
    said = dict(settings)
    if said.get("ip.family") != "ipv6" and ":" not in (said.get("ip.address") or ""):
        return settings
    return tuple(
        (key.replace("ip.", "ip6.", 1) if key.startswith("ip.") else key, value)
        for key, value in settings
        if key != "ip.family"
    )


GENERATED_TARGETS = ("vnet", "macvtap", "macvlan")
"""How the links begin that libvirt names by itself: it drops such a name from a config, and
chooses another when it plugs the nic in (virDomainNetDefParseXML; seen on 9.0)."""
