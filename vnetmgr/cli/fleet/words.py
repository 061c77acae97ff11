"""A command line that another vnetmgr is called with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.cli.option import flags_of

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterator, Mapping, Sequence

_OURS = frozenset(
    {"hosts_file", "host_names", "this_host", "session", "connect", "output", "columns", "verbose"}
    | {"quiet", "timeout"}
)
"""Which host is meant, how it is reached and how its answer is shown, only who asks knows."""


def words_of(
    command: str, parameters: Sequence[inspect.Parameter], given: Mapping[str, Any]
) -> list[str]:
    """The words that say the same as the values of parameters do, in one way for each:
    `--name=value`, and arguments behind `--`."""
    options: list[str] = []
    arguments: list[str] = []
    for each in parameters:
        value = given.get(each.name)
        if each.name in _OURS or value is None or value == each.default:
            continue
        flags = flags_of(each)
        if not flags:
            arguments += _texts(value)
        elif isinstance(value, bool):
            options.append(flags[0 if value else 1])
        else:
            options += [f"{max(flags, key=len)}={text}" for text in _texts(value)]
    return [command, *options, *(["--", *arguments] if arguments else [])]


def _texts(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list | tuple) else (value,):
        yield f"{each:g}" if isinstance(each, float) else str(each)
