"""The nic's options: a row for each, with all that is to know of it but where it is in XML.

Options, `--nic key=value` pairs and spec keys are all read through these tables (nic_patch.py), so
they share their names, their notation and their error messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import check_link_name, check_nic_name, check_object_name, did_you_mean
from vnetmgr.model.nic import OPENVSWITCH, Mode
from vnetmgr.model.options.bandwidths import BANDWIDTH, GUARANTEED
from vnetmgr.model.options.extra import EXTRA_KEYS, UNSETTABLE
from vnetmgr.model.options.parsers import Kind, parse_boolean, parse_tags
from vnetmgr.model.plan import Disruption
from vnetmgr.model.record import Row
from vnetmgr.model.sources import SWITCHED, TAPS
from vnetmgr.model.values import Mac, PciAddress, parse_integer
from vnetmgr.problem import NamesOptionsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.options.compound import Compound
    from vnetmgr.problem import Say

CLEAR = "none"
DEFAULT_NETWORK = "default"


class Fits(Row):
    """Which nics have a setting at all. libvirt takes most of them anywhere, and most in vain."""

    sources: frozenset[Mode]
    reason: str
    """Why no others have it."""
    open_vswitch: bool = True
    """Whether a port of Open vSwitch has it: "filterref is not supported for network interfaces
    with virtualport type openvswitch", and the same of an isolated port (9.0)."""


ANYWHERE = Fits(frozenset(Mode), "")
_MODELLED = frozenset(Mode) - {Mode.HOSTDEV}
_SHAPED = Fits(TAPS, "libvirt shapes bridges, networks and macvtap only")
_FILTERED = Fits(
    SWITCHED | {Mode.ETHERNET}, "libvirt filters bridges and networks only", open_vswitch=False
)


class NicOption(Row):
    """One option: its parser, its help, and how it is shown."""

    parse: Callable[[str], object]
    help: str
    metavar: str
    kind: Kind = Kind.VALUE
    clearable: bool = True
    """Whether `none` takes the setting away."""
    choices: tuple[str, ...] = ()
    """The words that it takes; empty: it takes more than words."""
    fits: Fits = ANYWHERE
    live: Disruption | None = None
    """What the guest notices where libvirt changes it in place; None: it refuses to, or accepts and
    ignores it (portgroup on a network with a Linux bridge), and only a re-plug does it."""
    compound: Compound | None = None
    """The parts that its value has, where it has several: `parse` is its."""
    said: str = ""
    """What it is in libvirt's words, as a key of extra would be: the attribute's path in an
    `<interface>`. Empty: it is no attribute."""


def _one_of(what: str, choices: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{what} {text!r} is not one of {', '.join(choices)}")
        return text

    return parse


def _integer(what: str, low: int, high: int) -> Callable[[str], int]:
    return lambda text: parse_integer(text, what=what, low=low, high=high)


def _plain(what: str) -> Callable[[str], str]:
    return lambda text: check_object_name(text, what=what)


def _host_device(text: str) -> str:
    """A PCI address in its normal form, or a link's name, which has no colon."""
    if ":" in text:
        return str(PciAddress.parse(text))
    return check_link_name(text, what="device")


def _parameter(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    # libvirt's schema: names of nwfilter variables (schemas/nwfilter_param.rng).
    if not equals or not key.replace("_", "").isalnum() or not key.isascii() or not value:
        raise ValueError(f"filter parameter {text!r} is not like IP=10.0.0.5")
    return key, value


def _no_key(key: str, say: Say) -> str:
    """Why that is no key of extra; what libvirt has is not said to be no attribute."""
    if key == "type":
        return "that is said by the source's option"
    for name, option in {**NIC_OPTIONS, **SOURCE_OPTIONS}.items():
        if option.said and f"{key}.".startswith(f"{option.said}."):
            return f"that is said by {say(name)}"
    if key in UNSETTABLE:
        return "libvirt has it; vnetmgr keeps it, and cannot set it: use virsh edit"
    return f"that is no key of extra.{did_you_mean(key, EXTRA_KEYS)}"


def _extra(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if key not in EXTRA_KEYS:
        raise NamesOptionsError(lambda say: f"{key!r}: {_no_key(key, say)}")
    allowed = EXTRA_KEYS[key]
    if not equals or not value or (allowed and value not in allowed):
        raise ValueError(f"{key} takes {' or '.join(allowed) or 'a value'}, not {value!r}")
    return key, value


DIRECT_MODES = ("bridge", "vepa", "private", "passthrough")
_LINK_STATES = ("up", "down")

NIC_OPTIONS: dict[str, NicOption] = {
    "name": NicOption(
        check_nic_name,
        "The nic's name: its libvirt alias.",
        "NAME",
        clearable=False,
        said="alias.name",
    ),
    "mac": NicOption(
        Mac.parse,
        "MAC address; derived when left out.",
        "MAC",
        clearable=False,
        said="mac.address",
    ),
    "model": NicOption(
        str,
        "What the guest sees: virtio, e1000e, e1000; `list-models` shows all.",
        "MODEL",
        clearable=False,
        fits=Fits(_MODELLED, "the guest sees the card itself"),
        said="model.type",
    ),
    "portgroup": NicOption(
        _plain("portgroup"),
        "The network's portgroup.",
        "PG",
        fits=Fits(frozenset({Mode.NETWORK}), "only a network has portgroups"),
        said="source.portgroup",
    ),
    "direct_mode": NicOption(
        _one_of("mode", DIRECT_MODES),
        "macvtap mode: bridge, vepa, private or passthrough.",
        "MODE",
        choices=DIRECT_MODES,
        fits=Fits(frozenset({Mode.DIRECT}), "only a direct (macvtap) nic has a mode"),
    ),
    "virtualport": NicOption(
        _one_of("virtualport", (OPENVSWITCH,)),
        "Kind of virtual port: openvswitch, for an OVS bridge.",
        "TYPE",
        choices=(OPENVSWITCH,),
        fits=Fits(SWITCHED | {Mode.DIRECT}, "only a nic on a switch has a virtual port"),
        said="virtualport.type",
    ),
    "vlan": NicOption(
        parse_tags,
        "VLAN tag; repeat for a trunk.",
        "TAG",
        Kind.LIST,
        fits=Fits(SWITCHED | {Mode.HOSTDEV}, "libvirt tags VLANs on Open vSwitch and SR-IOV only"),
        said="vlan.tag",
    ),
    "mtu": NicOption(
        _integer("MTU", 68, 65535),
        "MTU that the guest is told, in bytes.",
        "BYTES",
        fits=Fits(
            SWITCHED | {Mode.ETHERNET, Mode.VHOSTUSER},
            "libvirt sets an MTU on bridges and networks only",
        ),
        said="mtu.size",
    ),
    "queues": NicOption(
        _integer("queues", 1, 256), "Queue pairs of a virtio nic.", "N", said="driver.queues"
    ),
    "pci_address": NicOption(
        PciAddress.parse,
        "PCI address in the guest, like 0000:05:00.0.",
        "ADDRESS",
        clearable=False,
        said="address",
    ),
    "boot_order": NicOption(
        _integer("boot order", 1, 9999), "Place in the boot order.", "N", said="boot.order"
    ),
    "link": NicOption(
        _one_of("link", _LINK_STATES),
        "Link state: up or down.",
        "STATE",
        choices=_LINK_STATES,
        fits=Fits(_MODELLED, "its link is the card's own"),
        live=Disruption.LINK_FLAP,
        said="link.state",
    ),
    "inbound": NicOption(
        GUARANTEED.parse,
        "Rate to the guest: 10mbit, 1.5MB/s; with its peak, burst and guaranteed floor: "
        "10mbit,peak=20mbit,burst=1MB,floor=5mbit.",
        "RATE",
        compound=GUARANTEED,
        fits=_SHAPED,
        live=Disruption.NONE,
        said="bandwidth.inbound",
    ),
    "outbound": NicOption(
        BANDWIDTH.parse,
        "Rate from the guest.",
        "RATE",
        compound=BANDWIDTH,
        fits=_SHAPED,
        live=Disruption.NONE,
        said="bandwidth.outbound",
    ),
    "filter": NicOption(
        _plain("filter"),
        "libvirt network filter, like clean-traffic.",
        "NAME",
        fits=_FILTERED,
        live=Disruption.NONE,
        said="filterref.filter",
    ),
    "filter_param": NicOption(
        _parameter,
        "Variable of the filter; repeatable. K=none takes it away.",
        "K=V",
        Kind.PAIRS,
        fits=_FILTERED,
        live=Disruption.NONE,
        said="filterref.parameter",
    ),
    "vectors": NicOption(
        _integer("vectors", 0, 4096), "MSI-X vectors; config only, needs --allow taint.", "N"
    ),
    "extra": NicOption(
        _extra,
        "libvirt attribute: driver.rx_queue_size=1024; repeatable, others stay. K=none takes it "
        "away.",
        "K=V",
        Kind.PAIRS,
    ),
    "isolated_port": NicOption(
        parse_boolean,
        "No traffic to other isolated ports of the bridge.",
        "BOOL",
        Kind.SWITCH,
        fits=Fits(SWITCHED, "only a bridge's port can be isolated", open_vswitch=False),
        live=Disruption.NONE,
        said="port.isolated",
    ),
}

SOURCE_OPTIONS: dict[str, NicOption] = {
    "bridge": NicOption(
        lambda text: check_link_name(text, what="bridge"),
        "A bridge of the host.",
        "BRIDGE",
        said="source.bridge",
    ),
    "network": NicOption(_plain("network"), "A libvirt network.", "NETWORK", said="source.network"),
    "nat": NicOption(
        parse_boolean, "The default NAT network; made and started if missing.", "", Kind.FLAG
    ),
    "user": NicOption(
        parse_boolean, "User mode: out through QEMU itself, no privileges.", "", Kind.FLAG
    ),
    "direct": NicOption(
        lambda text: check_link_name(text, what="link"),
        "macvtap on a link of the host.",
        "LINK",
        said="source.dev",
    ),
    "hostdev": NicOption(
        _host_device, "A device of the host (SR-IOV VF): its PCI address or link.", "DEVICE"
    ),
}
