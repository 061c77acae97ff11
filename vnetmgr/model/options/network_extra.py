"""Settings of a network that are one attribute each in libvirt's XML, or one text, and that no
option of its own says.

A network's `extra` holds those that it has, as (path, value) pairs in libvirt's own words: the path
below `<network>`, so `forward.driver.name=vfio` is `<forward><driver name='vfio'/></forward>`. Of
an element that there may be several of, the path says which one by what libvirt tells them apart
by: `portgroup[guests].trustGuestRxFilters=yes`, `ip[192.168.150.0/24].localPtr=yes`.

Source: libvirt's formatnetwork.html; src/conf/network_conf.c, virNetworkDefParseXML.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING
from uuid import UUID

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.network import OVERLAY_FIELDS
from vnetmgr.model.network_attributes import NETWORK_ATTRIBUTES
from vnetmgr.model.options.parsers import parse_address
from vnetmgr.model.record import Row
from vnetmgr.model.values import Mac, PciAddress, parse_integer
from vnetmgr.problem import NamesOptionsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vnetmgr.model.network import NetworkMode
    from vnetmgr.model.nic import Pairs
    from vnetmgr.problem import Say


class ExtraKey(Row):
    """One setting."""

    read: Callable[[str], str]
    """Its value in the form that is compared; raises ValueError."""
    field: str = ""
    """It is for the modes that have this field; empty: for all."""
    default: str | None = None
    """What it is where nothing is said, and libvirt may write all the same: of no account."""
    clearable: bool = True
    """Whether it can be taken away: a bridge has a MAC in any case."""
    feature: str = ""
    """What libvirt has to have, by its name in Features: an older one drops it without a word."""
    since: str = ""
    """Which libvirt has that."""
    text: bool = False
    """Whether it is an element's text, and no attribute."""

    nics_own: bool = False
    """Whether each nic on an overlay has one of its own, and cannot start with another."""

    def fits(self, mode: NetworkMode) -> bool:
        """Whether a network of a mode can have it."""
        if mode.kind.spans_hosts and (self.nics_own or self.field in OVERLAY_FIELDS):
            return False  # OVN has no more of these than the options say
        return not self.field or mode.kind.has(self.field)


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"takes {' or '.join(words)}, not {text!r}")
        return text

    return read


def _number(low: int, high: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        hexadecimal = re.fullmatch(r"0x[0-9a-fA-F]{1,8}", text)
        if hexadecimal:
            text = str(int(text, 16))
        return str(parse_integer(text, what="it", low=low, high=high))

    return read


def _uuid(text: str) -> str:
    # UUID() takes braces and `urn:uuid:` as well; libvirt does not.
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}", text):
        raise ValueError(f"takes a UUID, not {text!r}")
    return str(UUID(text))


# Beyond the control characters: what a document cannot hold.
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


_LONGEST_PROFILE = 39  # LIBVIRT_IFLA_VF_PORT_PROFILE_MAX, with a NUL behind


def _text(what: str, pattern: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text) or _NO_XML.search(text):
            raise ValueError(f"takes {what}, not {text!r}")
        return text

    return read


def _profile(text: str) -> str:
    # libvirt writes it into its document as it stands (9.0), and cannot read the three.
    fits = re.fullmatch(r"[^\x00-\x1f\x7f'&<]+", text) and not _NO_XML.search(text)
    if not fits or len(text.encode()) > _LONGEST_PROFILE:
        raise ValueError(f"takes up to {_LONGEST_PROFILE} bytes without ', & and <, not {text!r}")
    return text


_YES_NO = _one_of("yes", "no")
_PORT = {
    "managerid": _number(0, 0xFF),
    "typeid": _number(0, 0xFFFFFF),
    "typeidversion": _number(0, 0xFF),
    "instanceid": _uuid,
    "profileid": _profile,
    "interfaceid": _uuid,
}
PORT_TYPES: Mapping[str, frozenset[str]] = {
    "802.1Qbg": frozenset({"managerid", "typeid", "typeidversion", "instanceid"}),
    "802.1Qbh": frozenset({"profileid"}),
    "openvswitch": frozenset({"profileid", "interfaceid"}),
    "midonet": frozenset({"interfaceid"}),
}
"""The parameters that each type of virtual port takes (virNetDevVPortProfileCheckNoExtras)."""
_LEASE = "ip[SUBNET].dhcp.host[ADDRESS].lease"

_KEYS: Mapping[str, ExtraKey] = {
    "ipv6": ExtraKey(_one_of("yes"), "subnets"),
    "title": ExtraKey(
        _text("one line", r"[^\x00-\x1f\x7f]+"), feature="network_titles", since="9.7", text=True
    ),
    "description": ExtraKey(
        _text("a text", r"[^\x00-\x08\x0b-\x1f\x7f]+"),
        feature="network_titles",
        since="9.7",
        text=True,
    ),
    "mac.address": ExtraKey(lambda text: str(Mac.parse(text)), "subnets", clearable=False),
    "forward.managed": ExtraKey(_YES_NO, "pf", default="yes"),
    "forward.driver.name": ExtraKey(_one_of("kvm", "vfio", "xen"), "pf"),
    "forward.driver.model": ExtraKey(
        _text("a driver's name", r"[A-Za-z0-9_+-]+"),
        "pf",
        feature="hostdev_driver_models",
        since="10.0",
    ),
    "forward.address[PCI_ADDRESS].type": ExtraKey(_one_of("pci"), "pf"),
    **{
        f"virtualport.parameters.{name}": ExtraKey(
            read, "virtualport", nics_own=name == "interfaceid"
        )
        for name, read in _PORT.items()
    },
    "portgroup[NAME].trustGuestRxFilters": ExtraKey(_YES_NO),
    **{
        f"portgroup[NAME].virtualport.parameters.{name}": ExtraKey(read)
        for name, read in _PORT.items()
    },
    "ip[SUBNET].localPtr": ExtraKey(_YES_NO, "subnets"),
    f"{_LEASE}.expiry": ExtraKey(_number(0, 0xFFFFFFFF), "reservations"),
    f"{_LEASE}.unit": ExtraKey(
        _one_of("seconds", "minutes", "hours"), "reservations", default="minutes"
    ),
}
_ADDRESS = "it is in the path: forward.address[0000:03:10.0].type=pci"
_FLOOR = "libvirt refuses it: a floor is a nic's, of what comes in"
_RESERVED = "reserve-address does it, or addresses in a spec"
_RECORD = "add-dns-record does it, or records in a spec"

UNSETTABLE: Mapping[str, str] = {
    "name": "it is what the network is called by",
    "uuid": "libvirt makes it, or a spec",
    "metadata": "it is other programs' own: virsh net-edit",
    "connections": "libvirt counts them",
    "forward.interface.connections": "libvirt counts them",
    "forward.address.connections": "libvirt counts them",
    "forward.address.domain": _ADDRESS,
    "forward.address.bus": _ADDRESS,
    "forward.address.slot": _ADDRESS,
    "forward.address.function": _ADDRESS,
    "forward.address.multifunction": "libvirt drops it",
    "bandwidth.classID": "libvirt refuses it: it gives that out to nics",
    "portgroup.bandwidth.classID": "libvirt refuses it: it gives that out to nics",
    "bandwidth.inbound.floor": _FLOOR,
    "bandwidth.outbound.floor": _FLOOR,
    "portgroup.bandwidth.inbound.floor": _FLOOR,
    "portgroup.bandwidth.outbound.floor": _FLOOR,
    **dict.fromkeys((f"ip.dhcp.host.{each}" for each in ("mac", "id", "name", "ip")), _RESERVED),
    **dict.fromkeys(("dns.host.ip", "dns.host.hostname", "dns.txt.name", "dns.txt.value"), _RECORD),
    **dict.fromkeys(
        (
            f"dns.srv.{each}"
            for each in ("service", "protocol", "domain", "target", "port", "priority", "weight")
        ),
        _RECORD,
    ),
}
"""What libvirt's schema has besides, and why nothing sets it."""


def _subnet(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError(f"{text!r} is no subnet like 192.168.150.0/24") from None


def _any_name(text: str) -> str:
    return text


SELECTORS: Mapping[str, Callable[[str], str]] = {
    "NAME": _any_name,
    "SUBNET": _subnet,
    "ADDRESS": lambda text: str(parse_address(text)),
    "PCI_ADDRESS": lambda text: str(PciAddress.parse(text)),
}
"""What stands in brackets, and the form in which it is compared."""


def steps(path: str) -> Iterator[tuple[str, str | None]]:
    """The parts of a path, each with what is in its brackets."""
    for tag, selector in re.findall(r"([^.\[]+)(?:\[([^\]]*)\])?\.?", path):
        yield tag, selector or None


def bare(path: str) -> str:
    """A path without its brackets, as the schema has it."""
    return ".".join(tag for tag, _ in steps(path))


_OWN = {each.said for each in NETWORK_ATTRIBUTES.values()}
NETWORK_EXTRA: Mapping[str, ExtraKey] = {
    key: each for key, each in _KEYS.items() if bare(key) not in _OWN
}
"""The settings there are, by their paths: what no option of its own says."""


def pairs_of_portgroup(pairs: Pairs, name: str) -> Pairs:
    """The settings of one portgroup."""
    return tuple(pair for pair in pairs if pair[0].startswith(f"portgroup[{name}]."))


def without_defaults(pairs: Pairs) -> Pairs:
    """The settings that say anything."""
    return tuple(pair for pair in pairs if NETWORK_EXTRA[key_of(pair[0])].default != pair[1])


def lease_of_host(pairs: Pairs, address: object) -> dict[str, str]:
    """The lease's attributes of a reservation."""
    place = f".dhcp.host[{address}].lease."
    found = ((path.partition(place)[2], value) for path, value in pairs)
    return {last: value for last, value in found if last}


def lists_functions(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether settings name the cards' functions that a network hands out, one by one."""
    return any(path.startswith("forward.address[") for path, _ in pairs)


def in_sections(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether settings are all of what a network that runs takes: portgroups, reservations."""
    return all(path.startswith("portgroup[") or ".dhcp.host[" in path for path, _ in pairs)


_BY_BARE = {bare(key): key for key in NETWORK_EXTRA}


def key_of(path: str) -> str:
    """The key of the table that a path is one of."""
    return _BY_BARE[bare(path)]


_PATH = re.compile(r"[^.\[]+(?:\[[^\]]*\])?(?:\.[^.\[]+(?:\[[^\]]*\])?)*")


def parse_pair(text: str, said_by: Callable[[str], str | None]) -> tuple[str, str]:
    """Read `PATH=VALUE`. `said_by`: the option that says a path, if one does.

    Raises ValueError.
    """
    path, value = parse_path(text, said_by)
    if not value:
        raise ValueError(f"{path} takes a value")
    try:
        return path, NETWORK_EXTRA[key_of(path)].read(value)
    except ValueError as error:
        raise ValueError(f"{path} {error}") from None


def parse_path(text: str, said_by: Callable[[str], str | None]) -> tuple[str, str]:
    """The path of `PATH=VALUE` in the form that is compared, and the value as it stands."""
    found = re.match(r"((?:[^=\[]|\[[^\]]*\])*)=?", text)
    given = found[1] if found else text
    value = text[found.end() :] if found else ""
    key = _BY_BARE.get(bare(given))
    if key is None or not _PATH.fullmatch(given):
        raise NamesOptionsError(lambda say: f"{given!r}: {_no_key(bare(given), say, said_by)}")
    return _normal(given, key), value


def _normal(given: str, key: str) -> str:
    """A path with its brackets as they are compared."""
    parts = []
    for (tag, selector), (_, kind) in zip(steps(given), steps(key), strict=True):
        if (selector is None) != (kind is None):
            raise ValueError(f"{given!r} is not like {key}")
        if selector is None or kind is None:
            parts.append(tag)
            continue
        try:
            parts.append(f"{tag}[{SELECTORS[kind](selector)}]")
        except ValueError as error:
            raise ValueError(f"{given!r}: {error}") from None
    return ".".join(parts)


def _no_key(path: str, say: Say, said_by: Callable[[str], str | None]) -> str:
    option = said_by(path)
    if option is not None:
        return f"that is said by {say(option)}"
    reason = UNSETTABLE.get(path)
    if reason is not None:
        return f"that cannot be set: {reason}"
    guess = did_you_mean(path.lower(), NETWORK_EXTRA)
    return f"that is no path of a network's settings: docs/networks.md has them.{guess}"
