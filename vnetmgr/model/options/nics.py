"""The nic's options: how text from a command line or a file becomes a NicPatch.

One table. Options, `--nic key=value` pairs and spec keys are all read through it, so they
share their names, their notation and their error messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.errors import UsageError, usage_problems
from vnetmgr.model.names import check_link_name, check_nic_name, check_object_name, did_you_mean
from vnetmgr.model.nic import OPENVSWITCH, Mode, NicPatch, SomePairs, Source
from vnetmgr.model.options.extra import EXTRA_KEYS, UNSAID, by_family
from vnetmgr.model.options.parsers import Kind, parse_boolean, parse_tags
from vnetmgr.model.plan import Disruption
from vnetmgr.model.sources import SWITCHED, TAPS
from vnetmgr.model.values import Mac, PciAddress, Rate, parse_integer
from vnetmgr.problem import About, NamesOptionsError, Option, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vnetmgr.problem import Say

CLEAR = "none"
DEFAULT_NETWORK = "default"


class Fits(NamedTuple):
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


class NicOption(NamedTuple):
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
    said: str = ""
    """What it is in libvirt's words, as a key of extra would be."""


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
    if key in UNSAID:
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


_DIRECT_MODES = ("bridge", "vepa", "private", "passthrough")
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
        "What the guest sees: virtio, e1000e, e1000, ...",
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
        _one_of("mode", _DIRECT_MODES),
        "macvtap mode: bridge, vepa, private or passthrough.",
        "MODE",
        choices=_DIRECT_MODES,
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
        Rate.parse,
        "Rate towards the guest: 10mbit, 1.5MB/s.",
        "RATE",
        fits=_SHAPED,
        live=Disruption.NONE,
        said="bandwidth.inbound.average",
    ),
    "outbound": NicOption(
        Rate.parse,
        "Rate from the guest.",
        "RATE",
        fits=_SHAPED,
        live=Disruption.NONE,
        said="bandwidth.outbound.average",
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

_SOURCES: dict[str, Callable[[str], Source]] = {
    "bridge": lambda name: Source(Mode.BRIDGE, name),
    "network": lambda name: Source(Mode.NETWORK, name),
    "nat": lambda _: Source(Mode.NETWORK, DEFAULT_NETWORK),
    "user": lambda _: Source(Mode.USER),
    "direct": lambda name: Source(Mode.DIRECT, name),
    "hostdev": lambda name: Source(Mode.HOSTDEV, _host_device(name)),
}


_NIC = About("nic")
_SOURCE = About("nic", field="source")


def build_patch(values: Mapping[str, str | Sequence[str]], *, source_needed: bool) -> NicPatch:
    """Read options into a patch.

    Raises UsageError that lists every problem: unknown keys, bad values, none or two sources.
    """
    problems: list[Problem] = []
    fields: dict[str, object] = {}
    sources: dict[str, str] = {}
    for key, value in values.items():
        try:
            if key in SOURCE_OPTIONS and isinstance(value, str):
                if SOURCE_OPTIONS[key].parse(value) is not False:
                    sources[key] = value
            elif key in NIC_OPTIONS:
                texts = [value] if isinstance(value, str) else value
                merges = key == "extra" or (key == "filter_param" and "filter" not in values)
                fields[key] = _some_pairs(key, texts) if merges else option_value(key, texts)
            else:
                known = [*NIC_OPTIONS, *SOURCE_OPTIONS]
                text = f"{key} is no option of a nic.{did_you_mean(key, known)}"
                problems.append(Problem(_NIC, text))
        except ValueError as error:
            about = _NIC._replace(field="source" if key in SOURCE_OPTIONS else key)
            problems.append(Problem(about, str(error), origin=Option(key)))
    if len(sources) > 1:
        named = " and ".join(f"--{key}" for key in sources)
        problems.append(Problem(_SOURCE, f"a nic has one source, not {named}"))
    elif source_needed and not sources:
        options = ", ".join(f"--{key}" for key in SOURCE_OPTIONS)
        problems.append(Problem(_SOURCE, f"a nic needs a source: one of {options}"))
    if problems:
        raise usage_problems(problems, "vnetmgr attach-nic --help shows every option")
    for key, name in sources.items():
        fields["source"] = _SOURCES[key](name)
    return NicPatch(**fields)  # type: ignore[arg-type]  # the table's parsers fit


def _some_pairs(key: str, texts: Sequence[str]) -> SomePairs | None:
    """What a command says of a map, key by key; `K=none` takes one away, `none` alone all.

    Raises ValueError.
    """
    if [text.lower() for text in texts] == [CLEAR]:
        return None
    pairs: list[tuple[str, str | None]] = []
    for text in texts:
        name, _, value = text.partition("=")
        known = name in EXTRA_KEYS or key != "extra"
        if known and name and value.lower() == CLEAR:
            pairs.append((name, None))
        else:
            pairs.append(NIC_OPTIONS[key].parse(text))  # type: ignore[arg-type]  # a pair's parser
    return SomePairs(by_family(pairs) if key == "extra" else tuple(pairs))


def option_value(key: str, texts: Sequence[str]) -> object:
    """One option's value. `none` clears; a repeated option has several texts.

    Raises ValueError for what it cannot be.
    """
    option = NIC_OPTIONS[key]
    if [text.lower() for text in texts] == [CLEAR]:
        if not option.clearable:
            raise ValueError("cannot be cleared")
        return None
    if option.kind is Kind.PAIRS:
        pairs = tuple(option.parse(text) for text in texts)
        return by_family(pairs) if key == "extra" else pairs  # type: ignore[arg-type]  # pairs
    return option.parse(",".join(texts))


def source_value(key: str, text: str) -> Source | None:
    """What a source's option means; None for a flag that says no. Raises ValueError."""
    return None if SOURCE_OPTIONS[key].parse(text) is False else _SOURCES[key](text)


def parse_pairs(text: str) -> dict[str, str | list[str]]:
    """Read `bridge=br0,model=e1000,vlan=10,vlan=20` and `user` into option values."""
    values: dict[str, str | list[str]] = {}
    for pair in text.split(","):
        key, equals, value = pair.strip().partition("=")
        key = key.replace("-", "_")
        if not key:
            raise UsageError(f"--nic {text!r}: an empty option between commas")
        if not equals:
            value = "yes"
        if key in NIC_OPTIONS and NIC_OPTIONS[key].kind.repeatable:
            held = values.setdefault(key, [])
            if isinstance(held, list):
                held.append(value)
        elif key in values:
            raise UsageError(f"--nic {text!r}: {key} is given twice")
        else:
            values[key] = value
    return values
