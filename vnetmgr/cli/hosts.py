"""Which of the administrator's hosts a command line means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT = About("command", field="host")


def refuse_two(
    file: str | None, words: Sequence[str] | None, this: str | None, uri: str | None
) -> None:
    """Raise UsageError where a host is named in two ways, or this one by what is no name."""
    flag = "--host" if file is None else "--hosts"
    if (file is not None or words) and uri is not None:
        text = f"{flag} means hosts that a file names, and --connect another one"
        raise UsageError(text, "leave one of them out", about=_ABOUT)
    if (file is not None or words) and this is not None:
        text = f"{flag} means hosts that are reached from here, and --this-host this one alone"
        raise UsageError(text, "leave one of them out", about=_ABOUT)
    if this:
        from vnetmgr.model.names import check_host_name

        try:
            check_host_name(this)
        except ValueError as error:
            raise UsageError(f"--this-host: {error}", about=_ABOUT) from None


def names_of(words: Sequence[str]) -> tuple[str, ...]:
    """The single names. Raises UsageError for an empty one: a variable of a script that is not set
    must not mean every host."""
    names = tuple(name.strip() for word in words for name in word.split(","))
    if not all(names):
        raise UsageError("--host: a name is empty", "name hosts: --host kvm1,kvm2", about=_ABOUT)
    return names
