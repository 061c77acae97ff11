"""How text becomes a forward: `8080:80/tcp` of a command line, and the keys of a spec.

One table for the options of add-forward and the keys of a spec's forward, as for nics.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.command import Command
from vnetmgr.errors import UsageError, usage_problems
from vnetmgr.model.forward import Forward, ForwardKey, Protocol, port_text
from vnetmgr.model.names import check_nic_name
from vnetmgr.model.options.parsers import Kind, parse_address, parse_boolean
from vnetmgr.model.record import Record
from vnetmgr.model.values import Mac, parse_integer
from vnetmgr.problem import About, Option, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.yaml_text import Plain

_FORM = re.compile(
    r"(?:(?P<listen>\[[^\]]*\]|[^:/]*):)?(?P<host>[0-9-]+):(?P<guest>[0-9-]+)(?:/(?P<protocol>\w*))?"
)
_KEY_FORM = re.compile(
    r"(?:(?P<listen>\[[^\]]*\]|[^:/]*\.[^:/]*):)?(?P<host>[0-9-]+)(?::(?P<guest>[0-9-]+))?"
    r"(?:/(?P<protocol>\w*))?"
)
_HINT = "like 8080:80, 10.0.0.1:8080:80/udp, [fd00::1]:8080:80 or 8000-8010:8000-8010"


class ForwardOption(NamedTuple):
    """One option: its parser and its help."""

    parse: Callable[[str], object]
    help: str
    metavar: str
    kind: Kind = Kind.VALUE


def parse_protocol(text: str) -> Protocol:
    """Read tcp or udp."""
    if text.lower() not in set(Protocol):
        raise ValueError(f"protocol {text!r} is not tcp or udp")
    return Protocol(text.lower())


class Ports(Record):
    """Ports in a row."""

    first: int
    count: int


def parse_ports(text: str) -> Ports:
    """Read `80` or `8000-8010`."""
    first, dash, last = text.partition("-")
    start = parse_integer(first, what="port", low=1, high=65535)
    end = parse_integer(last, what="port", low=1, high=65535) if dash else start
    if end < start:
        raise ValueError(f"ports {text!r}: the last is before the first")
    return Ports(first=start, count=end - start + 1)


def parse_listen(text: str) -> IpAddress:
    """Read an address of the host; 127.0.0.1 is one that QEMU listens on, in user mode. The kernel
    cannot forward `::1`: what comes from there stays on the loopback link (net/ipv6/route.c)."""
    address = parse_address(text.removeprefix("[").removesuffix("]"))
    if address.is_multicast:
        raise ValueError(f"{address} is a multicast address, which is no host's own")
    if address.is_loopback and address.version == 6:
        raise ValueError(f"{address} cannot be forwarded by the kernel")
    return address


def parse_network(text: str) -> IpNetwork:
    """Read `192.168.1.0/24`, or one address."""
    from ipaddress import ip_network

    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is no network like 192.168.1.0/24 or fd00::/64") from None
    if network.is_loopback and network.version == 6:
        raise ValueError(f"what comes from {network} cannot be forwarded by the kernel")
    return network


def parse_guest_address(text: str) -> IpAddress:
    """Read an address that a guest can have."""
    address = parse_address(text)
    if address.is_loopback or address.is_multicast or address.is_unspecified:
        raise ValueError(f"{address} is no address of a guest's nic")
    return address


def parse_nic(text: str) -> str:
    """Read a nic's name or MAC."""
    try:
        return Mac.parse(text)
    except ValueError:
        return check_nic_name(text)


FORWARD_OPTIONS: dict[str, ForwardOption] = {
    "host_port": ForwardOption(parse_ports, "Port of the host, or 8000-8010.", "PORT"),
    "guest_port": ForwardOption(parse_ports, "Port of the guest, or as many.", "PORT"),
    "protocol": ForwardOption(parse_protocol, "tcp (the default) or udp.", "PROTOCOL"),
    "listen": ForwardOption(parse_listen, "The host's address; every one if left out.", "ADDRESS"),
    "nic": ForwardOption(
        parse_nic, "The domain's nic, by name or MAC; its only one if left out.", "NIC"
    ),
    "allow_from": ForwardOption(
        parse_network, "Who may use it; repeatable. Everybody if left out.", "CIDR", Kind.LIST
    ),
    "loopback": ForwardOption(
        parse_boolean, "Also answer on the host's 127.0.0.1; see --help.", "YES|NO"
    ),
    "guest_address": ForwardOption(
        parse_guest_address,
        "The guest's address, where DHCP does not give it; repeatable.",
        "ADDRESS",
        Kind.LIST,
    ),
}
IN_TEXT = frozenset({"host_port", "guest_port", "protocol", "listen"})
"""What `8080:80/tcp` says; the others are options of add-forward."""


def split_forward(text: str) -> dict[str, str]:
    """`[LISTEN:]HOST_PORT:GUEST_PORT[/PROTOCOL]` as texts by key. Raises ValueError."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"forward {text!r} is not {_HINT}")
    return _texts(match)


def _texts(match: re.Match[str]) -> dict[str, str]:
    keys = {"listen": "listen", "host_port": "host", "guest_port": "guest", "protocol": "protocol"}
    return {key: match[group] for key, group in keys.items() if match[group] is not None}


def parse_forward_key(text: str) -> ForwardKey:
    """Read `[LISTEN:]HOST_PORT[:GUEST_PORT][/PROTOCOL]`. Raises UsageError."""
    match = _KEY_FORM.fullmatch(text.strip()) or _FORM.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"forward {text!r} is not like 8080, 8080/udp or 10.0.0.1:8080:80")
    texts = _texts(match)
    try:
        here = parse_ports(texts["host_port"])
        guest = parse_ports(texts["guest_port"]).first if "guest_port" in texts else None
        return ForwardKey(
            protocol=parse_protocol(texts["protocol"]) if "protocol" in texts else None,
            listen=parse_listen(texts["listen"]) if "listen" in texts else None,
            host_port=here.first,
            guest_port=guest,
            ports=here.count,
        )
    except ValueError as error:
        raise UsageError(f"forward {text!r}: {error}") from None


def build_forward(text: str, values: Mapping[str, str | Sequence[str]]) -> Forward:
    """A forward of add-forward, of its text and options. Raises UsageError with every problem."""
    problems: list[Problem] = []
    about = About("forward", text)
    given: dict[str, str | Sequence[str]] = {}
    try:
        given.update(split_forward(text))
    except ValueError as error:
        problems.append(Problem(about, str(error)))
    fields: dict[str, object] = {}
    for key, value in {**given, **values}.items():
        try:
            fields[key] = read_option(key, [value] if isinstance(value, str) else value)
        except ValueError as error:
            problem = Problem(about._replace(field=key), str(error), origin=Option(key))
            if key in IN_TEXT:
                problem = problem._replace(text=f"forward {text!r}: {error}", origin=None)
            problems.append(problem)
    if not problems:
        try:
            forward = forward_of(fields)
            check_size(forward)
        except ValueError as error:
            problems.append(Problem(about, f"forward {text!r}: {error}"))
        else:
            return forward
    raise usage_problems(problems, f"{Command('add-forward', '--help')} shows the forms")


def read_option(key: str, texts: Sequence[str]) -> object:
    """One option's value. Raises ValueError."""
    parse, kind = FORWARD_OPTIONS[key].parse, FORWARD_OPTIONS[key].kind
    if not kind.repeatable:
        if len(texts) != 1:
            raise ValueError(f"takes one value, not {len(texts)}")
        return parse(texts[0])
    return tuple(dict.fromkeys(parse(text) for text in texts))


def forward_of(fields: Mapping[str, object]) -> Forward:
    """A forward of values by key, and whether they fit together. Raises ValueError."""
    rest = dict(fields)
    here, there = rest.pop("host_port", None), rest.pop("guest_port", None)
    if not isinstance(here, Ports) or not isinstance(there, Ports):
        raise ValueError("it needs both host_port and guest_port")
    if here.count != there.count:
        raise ValueError(f"{here.count} ports of the host cannot lead to {there.count}")
    forward = Forward(
        host_port=here.first,
        guest_port=there.first,
        ports=here.count,
        **rest,  # type: ignore[arg-type]  # the table's parsers fit
    )
    _check_versions(forward)
    _check_loopback(forward)
    return forward


MOST_SHIFTED = 1024
"""So many ports may lead to other ones: the kernel's NAT cannot add to a port, so that each needs
elements of its own. nft takes 0.3 s for these, 4 s for 4,096, minutes for all (1.0.6)."""


def check_size(forward: Forward) -> None:
    """Refuse a range that would keep nft busy for long; not in metadata, where it is by now.
    Raises ValueError."""
    if forward.ports > MOST_SHIFTED and forward.host_port != forward.guest_port:
        raise ValueError(
            f"{forward.ports} ports cannot lead to other ones: each needs a rule of its own, and "
            f"{MOST_SHIFTED} are the most; ranges that lead to the same ports have no such bound"
        )


def _check_versions(forward: Forward) -> None:
    """What is about one IP version alone must be about the same."""
    if forward.listen is not None and forward.loopback:
        raise ValueError(f"loopback goes with every address of the host, not with {forward.listen}")
    listening = {4, 6} if forward.listen is None else {forward.listen.version}
    given = [address.version for address in forward.guest_address]
    if len(given) != len(set(given)):
        raise ValueError("guest_address: one IPv4 and one IPv6 address at most")
    if given and not listening & set(given):
        raise ValueError(f"guest_address is IPv{given[0]}, and {forward.listen} is not")
    versions = set(forward.versions)
    if not versions or (given and not versions & set(given)):
        raise ValueError("allow_from and the address are of different IP versions")


def _check_loopback(forward: Forward) -> None:
    """The host's own 127.0.0.0/8 has to be let out of it first."""
    own = next((each for each in forward.allow_from if each.is_loopback), None)
    if own is not None and not forward.loopback:
        raise ValueError(f"allow_from {own} is the host's own, which takes loopback as well")


def forward_values(forward: Forward) -> dict[str, Plain]:
    """A forward as a spec has it: what `forward_of` reads again."""
    values: dict[str, Plain] = {
        "host_port": port_text(forward.host_port, forward.ports),
        "guest_port": port_text(forward.guest_port, forward.ports),
    }
    if forward.nic is not None:
        values["nic"] = forward.nic
    values["protocol"] = forward.protocol.value
    if forward.listen is not None:
        values["listen"] = str(forward.listen)
    if forward.allow_from:
        values["allow_from"] = [str(each) for each in forward.allow_from]
    if forward.loopback:
        values["loopback"] = True
    if forward.guest_address:
        values["guest_address"] = [str(each) for each in forward.guest_address]
    return values
