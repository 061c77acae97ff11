"""From texts, of a command line or a file, by their options to a NicPatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError, usage_problems
from vnetmgr.model.names import did_you_mean
from vnetmgr.model.nic import Mode, NicPatch, SomePairs, Source
from vnetmgr.model.options.extra import EXTRA_KEYS, by_family
from vnetmgr.model.options.nics import (
    CLEAR,
    DEFAULT_NETWORK,
    NIC_OPTIONS,
    SOURCE_OPTIONS,
)
from vnetmgr.model.options.parsers import Kind
from vnetmgr.problem import About, Option, Problem, every_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NIC = About("nic")
_SOURCE = About("nic", field="source")


def build_patch(values: Mapping[str, str | Sequence[str]], *, source_needed: bool) -> NicPatch:
    """Read options into a patch.

    Raises UsageError that lists every problem: unknown keys, bad values, none or two sources.
    """
    problems: list[Problem] = []
    fields: dict[str, object] = {}
    sources: dict[str, Source] = {}
    for key, value in values.items():
        try:
            if key in SOURCE_OPTIONS:
                if (source := source_value(key, _alone(value))) is not None:
                    sources[key] = source
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
        raise usage_problems(
            problems, every_option("attach-nic" if source_needed else "update-nic")
        )
    for source in sources.values():
        fields["source"] = source
    return NicPatch(**fields)  # type: ignore[arg-type]  # the table's parsers fit


def _alone(value: str | Sequence[str]) -> str:
    """The value of what takes one. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"takes one value, not {len(value)}")
    return value


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
    name = SOURCE_OPTIONS[key].parse(text)
    if name is False:
        return None
    if key == "nat":
        return Source(Mode.NETWORK, DEFAULT_NETWORK)
    return Source(Mode(key), name if isinstance(name, str) else None)


def _is_part(option: str, key: str) -> bool:
    """Whether a key is no option, but a part of the value of the one before it."""
    compound = NIC_OPTIONS[option].compound if option in NIC_OPTIONS else None
    return compound is not None and key in compound.parts and key not in NIC_OPTIONS


def parse_pairs(text: str) -> dict[str, str | list[str]]:
    """Read `bridge=br0,model=e1000,vlan=10,vlan=20` and `user` into option values; the parts of a
    value stand behind it: `inbound=10mbit,peak=20mbit`."""
    values: dict[str, str | list[str]] = {}
    last = ""
    for pair in text.split(","):
        key, equals, value = pair.strip().partition("=")
        key = key.replace("-", "_")
        before = values.get(last)
        if isinstance(before, str) and _is_part(last, key):
            values[last] = f"{before},{pair.strip()}"
            continue
        last = key
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
