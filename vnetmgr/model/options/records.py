"""The options of a DNS record: how text from a command line or a file becomes a DnsRecord.

One table, as for nics and networks. libvirt copies most of a record into lines of dnsmasq's
configuration as it is, so what those lines cannot hold is refused here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.errors import usage_problems
from vnetmgr.model.dns import DnsRecord, RecordKind
from vnetmgr.model.names import did_you_mean
from vnetmgr.model.options.dnsmasq import check_wildcard
from vnetmgr.model.options.parsers import Kind, check_dns_name, parse_address
from vnetmgr.model.values import parse_integer
from vnetmgr.problem import About, Option, Problem, every_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from vnetmgr.problem import Say


class RecordOption(NamedTuple):
    """One option: its parser, its field, the kinds of record that have it, and its help."""

    parse: Callable[[str], object]
    field: str
    kinds: tuple[RecordKind, ...]
    help: str
    metavar: str
    kind: Kind = Kind.VALUE


NOWHERE = "."
_HOST, _SRV, _TXT, _CNAME, _WILDCARD = ((kind,) for kind in RecordKind)
# dnsmasq reads lines of 1024 bytes; what is beyond is a line of its own, an option of its own
# (seen on 2.89). A name and `txt-record=` go before the value.
_LONGEST_VALUE = 750
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,62}(?<!-)")


def _name(what: str) -> Callable[[str], str]:
    return lambda text: check_dns_name(text, what=what)


def _number(what: str, low: int = 0) -> Callable[[str], int]:
    return lambda text: parse_integer(text, what=what, low=low, high=65535)


def _target(text: str) -> str:
    """A name; `.` says that there is no such service here (RFC 2782)."""
    return text if text == NOWHERE else check_dns_name(text, what="target")


def _service(text: str) -> str:
    """libvirt writes the underscores itself; with another one nobody would find the service."""
    name = text.removeprefix("_")
    if not _LABEL.fullmatch(name):
        raise ValueError(f"service {text!r} is not a word like ldap: letters, digits and '-'")
    return name


def _protocol(text: str) -> str:
    name = text.removeprefix("_")
    if name not in ("tcp", "udp"):
        raise ValueError(f"protocol {text!r} is not tcp or udp")
    return name


def _value(text: str) -> str:
    if not text or text != text.strip():
        raise ValueError(f"text {text!r}: dnsmasq drops blanks at both ends, and needs a text")
    if not text.isprintable() or '"' in text:
        raise ValueError(f"text {text!r}: no '\"' and no control character, for dnsmasq reads them")
    if "," in text:
        raise ValueError(f"text {text!r}: dnsmasq makes two texts of it at a comma")
    if text.startswith("#") or " #" in text:
        raise ValueError(f"text {text!r}: dnsmasq takes what follows '#' for a comment")
    if len(text.encode()) > _LONGEST_VALUE:
        raise ValueError(f"a text of more than {_LONGEST_VALUE} bytes fits no line of dnsmasq's")
    return text


RECORD_OPTIONS: dict[str, RecordOption] = {
    "host": RecordOption(_name("host"), "name", _HOST, "Name of a host: its address.", "NAME"),
    "address": RecordOption(
        parse_address, "address", _HOST + _WILDCARD, "Address of the host, or of the names.", "IP"
    ),
    "srv": RecordOption(_service, "name", _SRV, "A service, like ldap: where it is.", "SERVICE"),
    "protocol": RecordOption(
        _protocol, "protocol", _SRV, "The service's: tcp (the default) or udp.", "PROTOCOL"
    ),
    "domain": RecordOption(
        _name("domain"), "domain", _SRV, "The service's; the network's when left out.", "DOMAIN"
    ),
    "target": RecordOption(
        _target,
        "target",
        (RecordKind.SRV, RecordKind.CNAME),
        "Host of the service (.: there is none), or of the alias.",
        "NAME",
    ),
    "port": RecordOption(_number("port", 1), "port", _SRV, "Port of the service.", "PORT"),
    "priority": RecordOption(
        _number("priority"), "priority", _SRV, "The lowest is asked first.", "N"
    ),
    "weight": RecordOption(
        _number("weight"), "weight", _SRV, "Share among those of one priority.", "N"
    ),
    "txt": RecordOption(_name("TXT name"), "name", _TXT, "Name of a text.", "NAME"),
    "value": RecordOption(_value, "value", _TXT, "The text.", "TEXT"),
    "cname": RecordOption(_name("alias"), "name", _CNAME, "Alias of another name.", "ALIAS"),
    "wildcard": RecordOption(
        check_wildcard, "name", _WILDCARD, "All names below a domain, like *.apps.lab.", "NAME"
    ),
}

_NEEDED = {
    RecordKind.HOST: "address",
    RecordKind.TXT: "value",
    RecordKind.CNAME: "target",
    RecordKind.WILDCARD: "address",
}


def build_record(values: Mapping[str, str | Sequence[str]], *, complete: bool = True) -> DnsRecord:
    """Read options into a record. A removal has no need of a complete one: what it does not say
    is None.

    Raises UsageError that lists every problem.
    """
    problems: list[Problem] = []
    record = read_record(values, problems, complete=complete)
    if complete and (lack := lacking(values)) is not None:
        kind, needed = map(Option, lack)
        problems.append(_problem(f"{kind} needs {needed}"))
    if record is None:
        raise usage_problems(problems, every_option("add-dns-record"))
    return record


def read_record(
    values: Mapping[str, str | Sequence[str]],
    problems: list[Problem],
    *,
    complete: bool = True,
    say: Say = Option,
) -> DnsRecord | None:
    """The same for who tells the problems himself: they are added to a list, and then there is
    no record. Each has the option that it is about for its origin. `say`: what an option is called
    where it was given. That one lacks what its kind needs is told by `lacking`."""
    before = len(problems)
    fields: dict[str, object] = {}
    kinds = [kind for kind in RecordKind if kind.value in values]
    if len(kinds) != 1:
        known = [str(say(kind.value)) for kind in RecordKind]
        named = " and ".join(str(say(kind.value)) for kind in kinds)
        given = f", not {named}" if named else "; none was given"
        text = f"a record is one of {', '.join(known[:-1])} and {known[-1]}{given}"
        problems.append(_problem(text))
    for key, value in values.items():
        option = RECORD_OPTIONS.get(key)
        if option is None:
            guess = did_you_mean(key, RECORD_OPTIONS)
            problems.append(_problem(f"{key} is no option of a DNS record.{guess}"))
            continue
        if kinds and not set(kinds) & set(option.kinds):
            fitting = " or ".join(str(say(kind.value)) for kind in option.kinds)
            problems.append(_problem(f"goes with {fitting}", key))
        try:
            fields[option.field] = option.parse(_single(value))
        except ValueError as error:
            problems.append(_problem(str(error), key))
    if len(kinds) == 1:
        problems += _lacks(kinds[0], values, fields, complete=complete, say=say)
    if len(problems) > before or (complete and lacking(values)):
        return None
    if kinds[0] is RecordKind.SRV and complete:
        fields.setdefault("protocol", "tcp")
    return DnsRecord(kind=kinds[0], **fields)  # type: ignore[arg-type]  # the table's parsers fit


def lacking(values: Mapping[str, object]) -> tuple[str, str] | None:
    """The option that says a record's kind, and the one that this kind needs and that is not
    there."""
    kinds = [kind for kind in RecordKind if kind.value in values]
    needed = _NEEDED.get(kinds[0]) if len(kinds) == 1 else None
    return None if needed is None or needed in values else (kinds[0].value, needed)


def _problem(text: str, key: str | None = None) -> Problem:
    about = About("network", field="records")
    return Problem(about, text, origin=None if key is None else Option(key))


def _single(value: str | Sequence[str]) -> str:
    texts = [value] if isinstance(value, str) else list(value)
    if len(texts) != 1:
        raise ValueError(f"takes one value, not {len(texts)}")
    return texts[0]


def _lacks(
    kind: RecordKind,
    values: Mapping[str, object],
    fields: Mapping[str, object],
    *,
    complete: bool,
    say: Say,
) -> Iterator[Problem]:
    """What the options of a record of a kind need, and what it cannot be."""
    if complete and kind is RecordKind.SRV and "target" not in values:
        # "attribute not permitted without target" (src/conf/network_conf.c)
        needing = [key for key in ("port", "priority", "weight") if key in values]
        yield from (_problem(f"needs {say('target')}", key) for key in needing)
    target = fields.get("target")
    if kind is RecordKind.CNAME and isinstance(target, str):
        if target == fields.get("name"):
            yield _problem(f"{target} would be an alias of itself", "target")
        elif "." not in target or target == NOWHERE:
            yield _problem(f"{target} is not a full name, like {target}.lab.internal", "target")
