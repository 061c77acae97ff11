"""From the options of join-overlay and leave-overlay to what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.api.wants import listed
from vnetmgr.errors import UsageError, usage_problems
from vnetmgr.model.desired import Desired
from vnetmgr.model.intent import Intent
from vnetmgr.model.overlay.joining import ChassisWant
from vnetmgr.model.overlay.joining_options import CHASSIS_PARSERS, parse_mapping
from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.problem import About, Problem, every_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def chassis_desired(options: Mapping[str, object], mappings: str | Sequence[str]) -> Desired:
    """This machine as a chassis. Raises UsageError that lists every problem."""
    problems: list[Problem] = []
    read: dict[str, Any] = {}
    for name, value in options.items():
        if value is not None:
            try:
                read[name] = CHASSIS_PARSERS[name](str(value))
            except ValueError as error:
                problems.append(_problem(name, error))
    pairs = tuple(_pairs(listed(mappings), problems))
    if problems:
        raise usage_problems(problems, every_option("join-overlay"))
    tls = _tls({name: read.pop(name) for name in TlsFiles.FIELDS if name in read})
    return Desired(chassis=(ChassisWant(**read, bridge_mappings=pairs, tls=tls),))


def chassis_removal(*, force: bool) -> Desired:
    """This machine as none."""
    return Desired(chassis=(ChassisWant(intent=Intent.REMOVE, force=force),))


def _problem(name: str, error: ValueError) -> Problem:
    return Problem(About("command", field=name), f"--{name.replace('_', '-')}: {error}")


def _pairs(texts: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, str | None]]:
    seen: set[str] = set()
    for text in texts:
        try:
            name, bridge = parse_mapping(text)
            if name in seen:
                raise ValueError(f"{name} is mapped twice")
            seen.add(name)
            yield name, bridge
        except ValueError as error:
            problems.append(_problem("bridge_mapping", error))


def _tls(given: dict[str, str]) -> TlsFiles | None:
    if given and len(given) < len(TlsFiles.FIELDS):
        missing = next(name for name in TlsFiles.FIELDS if name not in given)
        raise UsageError(
            "a key, its certificate and who has signed the database's go together",
            "give --private-key, --certificate and --ca-cert",
            about=About("command", field=missing),
        )
    return TlsFiles(**given) if given else None
