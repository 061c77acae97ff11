"""What rules compare with: single values, ranges, prefixes, sets and maps of them."""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from vnetmgr.packets import constants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Value: TypeAlias = int | str
Span: TypeAlias = tuple[Any, Any]
"""From the first to the last; a name's is (name, name), and (start, None) for `vnet*`."""


class Unevaluable(Exception):  # noqa: N818
    """Something that this does not know; its text names it."""


class Kind(NamedTuple):
    """A type of values."""

    parse: Callable[[Any], Value]
    bits: int = 32
    is_name: bool = False

    def span(self, spec: Any) -> Span:
        """What an expression of nft's JSON stands for: a value, a range, a prefix."""
        if isinstance(spec, dict):
            if set(spec) == {"elem"}:  # with a comment, a timeout, a counter
                return self.span(spec["elem"]["val"])
            if set(spec) == {"range"}:
                first, last = spec["range"]
                return self.parse(first), self.parse(last)
            if set(spec) == {"prefix"}:
                return self._prefix(spec["prefix"]["addr"], spec["prefix"]["len"])
        if spec == "*":
            return (0, (1 << self.bits) - 1) if not self.is_name else ("", None)
        value = self.parse(spec)
        if self.is_name and isinstance(value, str) and value.endswith("*"):
            return value[:-1], None
        return value, value

    def _prefix(self, address: Any, length: int) -> Span:
        start = self.parse(address)
        if not isinstance(start, int) or not 0 <= length <= self.bits:
            raise Unevaluable(f"the prefix {address}/{length}")
        size = 1 << (self.bits - length)
        start -= start % size
        return start, start + size - 1


def _numbers(names: Mapping[str, int]) -> Callable[[Any], int]:
    def parse(text: Any) -> int:
        if isinstance(text, int):  # true and false among them: exists, missing
            return int(text)
        if isinstance(text, list) or (isinstance(text, dict) and set(text) == {"|"}):
            parts = text if isinstance(text, list) else text["|"]
            found = 0
            for each in parts:
                found |= parse(each)
            return found
        if not isinstance(text, str):
            raise Unevaluable(f"the value {str(text)[:60]}")
        try:
            return constants.number_of(names, text) or 0
        except ValueError:
            raise Unevaluable(f"the value {text[:60]}") from None

    return parse


def _address4(text: Any) -> int:
    return int(IPv4Address(text))


def _address6(text: Any) -> int:
    return int(IPv6Address(text))


def _mac(text: Any) -> int:
    return int(text.replace(":", ""), 16)


NUMBER = Kind(_numbers({}))
PORT = Kind(_numbers({}), 16)
ADDRESS4, ADDRESS6, MAC = Kind(_address4), Kind(_address6, 128), Kind(_mac, 48)
NAME = Kind(str, is_name=True)
PROTOCOL = Kind(_numbers(constants.PROTOCOLS), 8)
ETHERTYPE = Kind(_numbers(constants.ETHERTYPES), 16)
ICMP, ICMPV6 = Kind(_numbers(constants.ICMP), 8), Kind(_numbers(constants.ICMPV6), 8)
ARP_OPERATION = Kind(_numbers(constants.ARP_OPERATIONS), 16)
TCP_FLAGS = Kind(_numbers(constants.TCP_FLAGS), 8)
STATE, STATUS = Kind(_numbers(constants.STATES)), Kind(_numbers(constants.STATUSES))
DIRECTION = Kind(_numbers(constants.DIRECTIONS))
NFPROTO = Kind(_numbers(constants.NFPROTOS))
PACKET_TYPE = Kind(_numbers(constants.PACKET_TYPES))
ADDRESS_TYPE = Kind(_numbers(constants.ADDRESS_TYPES))


class Table:
    """A set, or a map: looks a value up, or several of a concatenation. Exact ones are hashed,
    ranges of a single value bisected."""

    def __init__(self, kinds: tuple[Kind, ...], elements: Iterable[tuple[Any, Any]]) -> None:
        self._single = len(kinds) == 1
        self._exact: dict[Any, Any] = {}
        self._ranges: list[tuple[tuple[Span, ...], Any]] = []
        self.default: Any = None
        """A map's element `*`."""
        for key, data in elements:
            if key == "*":
                self.default = data
                continue
            spans = _spans(kinds, key)
            if all(first == last for first, last in spans):
                exact = spans[0][0] if self._single else tuple(first for first, _ in spans)
                self._exact[exact] = data
            else:
                self._ranges.append((spans, data))
        numbers = self._single and not kinds[0].is_name
        if numbers:
            self._ranges.sort(key=lambda each: each[0][0][0])
        self._starts = [spans[0][0] for spans, _ in self._ranges] if numbers else None

    def find(self, value: Any) -> tuple[bool, Any]:
        """Whether it is there, and what it is mapped to."""
        if value in self._exact:
            return True, self._exact[value]
        if self._starts is not None:
            at = bisect_right(self._starts, value) - 1
            if at >= 0 and value <= self._ranges[at][0][0][1]:
                return True, self._ranges[at][1]
        else:
            values = (value,) if self._single else value
            for spans, data in self._ranges:
                if all(map(within, values, spans)):
                    return True, data
        return self.default is not None, self.default

    def outcomes(self) -> list[Any]:
        """Everything that a value can be mapped to."""
        found = [*self._exact.values(), *(data for _, data in self._ranges)]
        return found if self.default is None else [*found, self.default]


def within(value: Any, span: Span) -> bool:
    """Whether a value lies in a span."""
    first, last = span
    if last is None:
        return bool(value.startswith(first))
    return bool(first <= value <= last)


def _spans(kinds: tuple[Kind, ...], key: Any) -> tuple[Span, ...]:
    if isinstance(key, dict) and set(key) == {"elem"}:
        key = key["elem"]["val"]
    parts = [key] if len(kinds) == 1 else key["concat"]
    if len(parts) != len(kinds):
        raise Unevaluable("a set's element of another form than its key")
    return tuple(kind.span(part) for kind, part in zip(kinds, parts, strict=True))
