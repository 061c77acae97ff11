"""The only parsers and normal forms of the values that users and libvirt write.

Every parser takes text and raises ValueError with a message that a user can act on.
"""

from __future__ import annotations

import re
from typing import Self

from vnetmgr.model.record import Row

_HEX = frozenset("0123456789abcdef")
# `re` compiles a pattern when it first meets it, 0.1 ms: few commands meet these.
_MAC_FORMS = (
    r"[0-9a-f]{12}|[0-9a-f]{1,2}(?:([:-])[0-9a-f]{1,2})(?:\1[0-9a-f]{1,2}){4}"
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}"
)


class Mac(str):
    """A MAC address as libvirt writes it: `52:54:00:12:34:56`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read any usual notation and refuse what no guest may have.

        Multicast and all-zero addresses belong to no single nic. libvirt reserves
        0xFE as the first byte for the host's end of a tap (src/util/virnetdevtap.c).
        """
        mac = cls.normalise(text)
        first = int(mac[:2], 16)
        if mac == "00:00:00:00:00:00":
            raise ValueError(f"MAC {text}: all zero is no address of a nic")
        if first & 1:
            raise ValueError(f"MAC {text}: a multicast address (odd first byte) fits no nic")
        if first == 0xFE:
            raise ValueError(f"MAC {text}: libvirt keeps fe:... for the host's side of a tap")
        return mac

    @classmethod
    def normalise(cls, text: str) -> Self:
        """Bring a MAC into the normal form without judging it; for what exists already."""
        if len(text) == 17 and text[2::3] == ":::::" and _HEX.issuperset(text[::3] + text[1::3]):
            return cls(text)  # as libvirt writes it
        low = text.strip().lower()
        if not re.fullmatch(_MAC_FORMS, low):
            raise ValueError(f"MAC {text!r} is not six bytes like 52:54:00:12:34:56")
        if ":" in low or "-" in low:
            low = "".join(part.zfill(2) for part in low.replace("-", ":").split(":"))
        digits = low.replace(".", "")
        return cls(":".join(digits[i : i + 2] for i in range(0, 12, 2)))


# Python makes no number of more than 4300 digits; what is too large for libvirt has far fewer.
_NUMBER = r"([0-9]{1,20}(?:\.[0-9]{1,20})?)\s*"
_RATE = _NUMBER + r"([a-zA-Z/]*)"
# Bits per second of one unit. Decimal prefixes, as tc and every network card mean them.
_BIT_UNITS = {"bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9}
_BYTE_UNITS = {"b/s": 8, "kb/s": 8 * 10**3, "mb/s": 8 * 10**6, "gb/s": 8 * 10**9}


class Rate(Row):
    """An average rate in kilobytes (1000 bytes) per second, libvirt's own unit.

    libvirt hands `average` to tc as `kbps`, which tc defines as 1000 bytes per second.
    """

    kilobytes_per_s: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `10mbit`, `1.5MB/s`, `512kbit`, `10Mbps`: bits unless a `B/s` is written."""
        match = re.fullmatch(_RATE, text.strip())
        if not match:
            raise ValueError(f"rate {text!r} is not a number with a unit, like 10mbit or 1.5MB/s")
        number, unit = match.groups()
        bits_per_unit = _unit_bits(unit)
        if bits_per_unit is None:
            raise ValueError(
                f"rate {text!r}: the unit is one of kbit, mbit, gbit, kB/s, MB/s, GB/s"
            )
        whole, _, fraction = number.partition(".")
        scale: int = 10 ** len(fraction)
        bits, rest = divmod(int(whole + fraction) * bits_per_unit, 8000 * scale)
        if rest:
            near = f"{cls(bits)} or {cls(bits + 1)}" if bits else str(cls(1))
            raise ValueError(f"rate {text!r}: libvirt counts in steps of 8kbit; nearest: {near}")
        if not 0 < bits < 2**32:
            raise ValueError(f"rate {text!r} is outside 8kbit to {cls(2**32 - 1)}")
        return cls(bits)

    def __str__(self) -> str:
        bits = self.kilobytes_per_s * 8000
        for unit, size in reversed(_BIT_UNITS.items()):
            if bits >= size and bits * 1000 % size == 0:
                return f"{bits / size:.3f}".rstrip("0").rstrip(".") + unit
        return f"{bits}bit"


def _unit_bits(unit: str) -> int | None:
    """Bits per second of a unit. `B` is a byte, `b` a bit, when a `/s` follows."""
    low = unit.lower()
    if low.endswith("bps"):
        low = low.removesuffix("bps") + ("b/s" if unit.endswith("Bps") else "bit")
    elif low.endswith("bit/s"):
        low = low.removesuffix("/s")
    elif unit.endswith("b/s"):
        low = low.removesuffix("b/s") + "bit"
    return _BIT_UNITS.get(low) or _BYTE_UNITS.get(low)


DIRECTIONS = ("inbound", "outbound")
"""To a guest, and from it: the fields that are one."""

_BURST = _NUMBER + r"([a-zA-Z]*)"
# As tc counts, to which libvirt hands a burst as `kb`: its sizes have no thousands.
_BURST_PREFIXES = {"k": 2**10, "m": 2**20, "g": 2**30}
_BURST_UNITS = {"b": 1} | {
    prefix + end: size for prefix, size in _BURST_PREFIXES.items() for end in ("", "b", "ib")
}
_BURST_SHOWN = {"GiB": 2**20, "MiB": 2**10, "KiB": 1}
# tc keeps the bytes in 32 bits: 'Illegal "burst"' from 4 GiB on.
_LARGEST_BURST = 2**22 - 1
# It counts in the time that the average takes for them, 64 ns in 32 bits, and says nothing when
# that is too long: 269000 KiB at 8 Mbit/s become 578093 bytes.
_LONGEST_BURST_S = 274


class Burst(Row):
    """What may be sent at once, in kibibytes, libvirt's own unit."""

    kibibytes: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `512KiB`, `1.5MB`: a kilobyte of a burst has 1024 bytes, however it is written.
        Raises ValueError."""
        match = re.fullmatch(_BURST, text.strip())
        unit = _BURST_UNITS.get(match[2].lower()) if match else None
        if match is None or unit is None:
            raise ValueError(f"burst {text!r} is not a size with a unit, like 512KiB or 1MiB")
        whole, _, fraction = match[1].partition(".")
        kibibytes, rest = divmod(int(whole + fraction) * unit, 2**10 * 10 ** len(fraction))
        if rest:
            near = f"{cls(kibibytes)} or {cls(kibibytes + 1)}" if kibibytes else str(cls(1))
            raise ValueError(f"burst {text!r}: libvirt counts in steps of 1KiB; nearest: {near}")
        if not 0 < kibibytes <= _LARGEST_BURST:
            raise ValueError(f"burst {text!r} is outside 1KiB to {cls(_LARGEST_BURST)}")
        return cls(kibibytes)

    def __str__(self) -> str:
        unit, size = next(each for each in _BURST_SHOWN.items() if self.kibibytes % each[1] == 0)
        return f"{self.kibibytes // size}{unit}"


class Bandwidth(Row):
    """What a nic, or a whole network, may have of one direction. None: not said."""

    average: Rate | None = None
    peak: Rate | None = None
    """As fast as a burst may be."""
    burst: Burst | None = None
    floor: Rate | None = None
    """What a nic is sure to get of its network's inbound bandwidth."""

    @classmethod
    def of(
        cls,
        average: Rate | None = None,
        peak: Rate | None = None,
        burst: Burst | None = None,
        floor: Rate | None = None,
    ) -> Self:
        """One that libvirt and the kernel make sense of. Raises ValueError for others."""
        if average is None:
            if peak or burst or floor is None:
                raise ValueError("only a floor can do without an average rate")
        elif peak is not None and peak.kilobytes_per_s < average.kilobytes_per_s:
            # libvirt takes it, and the kernel holds the nic to it: "ceil" below "rate".
            raise ValueError(f"peak {peak} is below the average, {average}")
        elif (
            burst is not None
            and 1.024 * burst.kibibytes > _LONGEST_BURST_S * average.kilobytes_per_s
        ):
            raise ValueError(f"burst {burst} is more than {_LONGEST_BURST_S} seconds of {average}")
        return cls(average, peak, burst, floor)

    @property
    def is_plain(self) -> bool:
        """Whether it is an average rate alone."""
        return self.peak is None and self.burst is None and self.floor is None

    def __str__(self) -> str:
        words = [] if self.average is None else [str(self.average)]
        parts = (("peak", self.peak), ("burst", self.burst), ("floor", self.floor))
        return ",".join([*words, *(f"{name}={value}" for name, value in parts if value)])


_PCI = r"(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])"


class PciAddress(Row):
    """Where a device sits: `0000:03:10.1`, domain:bus:slot.function in hexadecimal."""

    domain: int
    bus: int
    slot: int
    function: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `0000:03:10.1` or, in domain 0, `03:10.1`."""
        match = re.fullmatch(_PCI, text.strip().lower())
        if not match:
            raise ValueError(f"PCI address {text!r} is not like 0000:03:10.1")
        domain, bus, slot, function = (int(part or "0", 16) for part in match.groups())
        if slot > 0x1F:
            raise ValueError(f"PCI address {text!r}: a bus has slots 00 to 1f")
        return cls(domain, bus, slot, function)

    def __lt__(self, other: PciAddress) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[int, int, int, int]:
        return self.domain, self.bus, self.slot, self.function

    def __str__(self) -> str:
        return f"{self.domain:04x}:{self.bus:02x}:{self.slot:02x}.{self.function}"


_SIZE = r"([0-9]{1,20})\s*([kmgt]?)(i?)(b?)"


def parse_size(text: str) -> int:
    """Read a memory size (`1GiB`, `512M`, `2GB`) into bytes. Without an `i` and `B`: binary."""
    match = re.fullmatch(_SIZE, text.strip(), re.IGNORECASE)
    if not match:
        raise ValueError(f"size {text!r} is not a number with a unit, like 512MiB or 1GiB")
    number, prefix, binary, byte = match.groups()
    base = 1000 if byte and not binary else 1024
    return int(number) * int(base ** " kmgt".index(prefix.lower() or " "))


def parse_integer(text: str, *, what: str, low: int, high: int) -> int:
    """Read a whole number within [low, high]."""
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()) or not low <= int(text) <= high:
        raise ValueError(f"{what} {text!r} is not a whole number from {low} to {high}")
    return int(text)


_SECOND = 10**6
# As systemd.time(7) has them: a month and a year are parts of 400 years of the calendar.
_TIMES_US = {
    1: "us usec µs μs",
    1000: "ms msec",
    _SECOND: "s sec second seconds",
    60 * _SECOND: "m min minute minutes",
    3600 * _SECOND: "h hr hour hours",
    86_400 * _SECOND: "d day days",
    604_800 * _SECOND: "w week weeks",
    2_629_800 * _SECOND: "M month months",
    31_557_600 * _SECOND: "y year years",
}
_A_CENTURY_S = 36_525 * 86_400
_TIME = _NUMBER + r"(?![0-9])([A-Za-zµμ]*)\s*"


def parse_duration(text: str) -> int:
    """Read a time as systemd writes it (`30m`, `1h 30min`, `1w`), or seconds, into seconds."""
    seconds, rest = divmod(parse_microseconds(text), _SECOND)
    if rest:
        raise ValueError(f"{text!r} has parts of a second, which do not count here")
    return seconds


def parse_lasting(text: str) -> int:
    """The same for what lasts a while: not no time at all, nor more than the clock takes."""
    found = parse_duration(text)
    if not 0 < found <= _A_CENTURY_S:
        raise ValueError("no time at all" if not found else f"{text} is more than 100 years")
    return found


def parse_microseconds(text: str) -> int:
    """The same, to a millionth of a second."""
    whole = text.isprintable() and re.fullmatch(rf"\s*(?>{_TIME})+", text, re.ASCII)
    parts = re.findall(_TIME, text) if whole else []
    if not parts:
        raise ValueError(f"{text!r} is not a time like 30m, 1h30m or 1w")
    if len(parts) > 1 and not all(unit for _, unit in parts):
        # systemd takes it for seconds; who writes 1h30 means minutes.
        raise ValueError(f"{text!r}: each number needs its unit, as in 1h30m")
    return sum(_microseconds(text, number, unit) for number, unit in parts)


def _microseconds(text: str, number: str, unit: str) -> int:
    # M are months, and m minutes; no other unit goes by its case.
    names = {unit or "s", unit if unit == "M" else unit.lower()}
    sizes = (size for size, known in _TIMES_US.items() if not names.isdisjoint(known.split()))
    size = next(sizes, None)
    if size is None:
        raise ValueError(f"{text!r}: {unit} is no unit of time; those are s, m, h, d, w, M and y")
    whole, _, fraction = number.partition(".")
    scale: int = 10 ** len(fraction)
    return int(whole + fraction) * size // scale
