"""What is tried with an address, through the kernel's own stack: ping, DNS, a connection."""

from __future__ import annotations

import socket
from contextlib import suppress
from secrets import randbits
from time import monotonic
from typing import TYPE_CHECKING

from vnetmgr.local.probe.frames import dns
from vnetmgr.local.probe.frames.ethernet import FrameError
from vnetmgr.local.probe.frames.icmp import is_pong, ping
from vnetmgr.model.path.probe import Attempt, Outcome, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from ipaddress import IPv4Address

    from vnetmgr.model.dhcp import IpAddress

NAME = "example.com"
"""The name that is asked for: reserved for such uses (RFC 2606)."""
_DNS_PORT, _HTTPS_PORT = 53, 443
_TRIES, _TRY_S = 2, 1.0
_CONNECT_S = 2.0
_LARGEST = 4096


def try_all(
    routers: Sequence[IpAddress],
    resolvers: Sequence[IpAddress],
    endpoints: Sequence[tuple[IpAddress, int]],
) -> tuple[Attempt, ...]:
    """The gateway, each resolver, and each endpoint; without any, HTTPS at the address that a
    resolver has for a well-known name."""
    made = [_ping(each) for each in routers]
    known: list[IPv4Address] = []
    for resolver in resolvers:
        attempt, addresses = _resolve(resolver)
        made.append(attempt)
        known.extend(addresses)
    found = [(address, _HTTPS_PORT) for address in known[:1]]
    return (*made, *(_connect(*each) for each in endpoints or found))


def _ping(target: IpAddress) -> Attempt:
    number = randbits(16)

    def answered(channel: socket.socket) -> Outcome | None:
        return Outcome.ANSWERED if is_pong(channel.recv(_LARGEST), number) else None

    with _channel(socket.SOCK_RAW, socket.IPPROTO_ICMP) as channel:
        outcome = _converse(channel, (str(target), 0), (ping(number),), answered)
    return Attempt(step=Step.PING, target=target, outcome=outcome)


def _resolve(resolver: IpAddress) -> tuple[Attempt, tuple[IPv4Address, ...]]:
    """Two questions at once: with no answer for the name, is the server there at all?"""
    number = randbits(15)
    own = number + 1
    known: list[IPv4Address] = []
    partly: list[Outcome] = []

    def answered(channel: socket.socket) -> Outcome | None:
        message = channel.recv(_LARGEST)
        with suppress(FrameError):
            known.extend(dns.read_answer(message, number).addresses)
            return Outcome.ANSWERED
        with suppress(FrameError):
            dns.read_answer(message, own)
            partly.append(Outcome.PARTLY)
        return None

    asked = (dns.ask(NAME, number), dns.ask_itself(own))
    with _channel(socket.SOCK_DGRAM, socket.IPPROTO_UDP) as channel:
        outcome = _converse(channel, (str(resolver), _DNS_PORT), asked, answered)
    if outcome is Outcome.SILENT and partly:
        outcome = Outcome.PARTLY
    attempt = Attempt(step=Step.DNS, target=resolver, outcome=outcome, port=_DNS_PORT)
    return attempt, tuple(known)


def _connect(target: IpAddress, port: int) -> Attempt:
    with _channel(socket.SOCK_STREAM, socket.IPPROTO_TCP) as channel:
        channel.settimeout(_CONNECT_S)
        try:
            channel.connect((str(target), port))
            outcome = Outcome.ANSWERED
        except OSError as error:
            outcome = _failed(error)
    return Attempt(step=Step.TCP, target=target, outcome=outcome, port=port)


def _converse(
    channel: socket.socket,
    target: tuple[str, int],
    questions: Sequence[bytes],
    answered: Callable[[socket.socket], Outcome | None],
) -> Outcome:
    """Ask, and once more where nothing comes that is an answer."""
    try:
        channel.connect(target)
        for _ in range(_TRIES):
            for question in questions:
                channel.send(question)
            end = monotonic() + _TRY_S
            while (left := end - monotonic()) > 0:
                channel.settimeout(left)
                with suppress(TimeoutError):
                    if outcome := answered(channel):
                        return outcome
    except OSError as error:
        return _failed(error)
    return Outcome.SILENT


def _failed(error: OSError) -> Outcome:
    if isinstance(error, TimeoutError):
        return Outcome.SILENT
    return Outcome.REFUSED if isinstance(error, ConnectionError) else Outcome.UNREACHABLE


def _channel(kind: int, protocol: int) -> socket.socket:
    return socket.socket(socket.AF_INET, kind | socket.SOCK_CLOEXEC, protocol)
