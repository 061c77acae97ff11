"""QEMU commands of which a script runs one or the other: one guest if their nics are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.qemu_args.read import Imported
    from vnetmgr.qemu_args.shell.commands import ScriptCommand
    from vnetmgr.qemu_args.shell.values import Reason


class Candidate(NamedTuple):
    """A command with its nics and the name of its guest."""

    command: ScriptCommand
    imported: Imported
    name: str | None

    @property
    def guest(self) -> tuple[object, ...]:
        """What makes two commands the same guest to libvirt."""
        nics = tuple((nic.patch, nic.forwards) for nic in self.imported.nics)
        return (self.name, nics, self.imported.problems)


class Chosen(NamedTuple):
    """Which commands stay, and why others cannot be told apart."""

    places: tuple[int, ...]
    problems: tuple[tuple[int, str], ...]


def choose(candidates: Sequence[Candidate]) -> Chosen:
    """Leave one of those of which only one runs, if it does not matter which."""
    dropped: set[int] = set()
    problems: list[tuple[int, str]] = []
    seen: set[tuple[object, ...]] = set()
    for place, each in enumerate(candidates):
        again = (each.command.line, each.command.words)
        if each.command.path and (again in seen or _is_fallback(candidates, place)):
            dropped.add(place)
        seen.add(again)
    for reason, ways in _branches(candidates, dropped).values():
        guests = [[candidates[place].guest for place in way] for way in ways]
        if len(ways) < 2:
            continue
        if all(each == guests[0] for each in guests):
            dropped.update(place for way in ways[1:] for place in way)
        elif not _named_apart(candidates, ways):
            lines = sorted({candidates[place].command.line for way in ways for place in way})
            where = " and ".join(map(str, lines))
            text = (
                f"this {reason.what} decides which QEMU command runs (line {where}), and their "
                "nics are not the same: give the one command after --"
            )
            problems.append((reason.line, text))
    kept = tuple(place for place in range(len(candidates)) if place not in dropped)
    return Chosen(kept, tuple(dict.fromkeys(problems)))


def _is_fallback(candidates: Sequence[Candidate], place: int) -> bool:
    """`qemu -enable-kvm ... || qemu ...`: the same guest, started in another way."""
    reason = candidates[place].command.path[-1][2]
    return (
        reason.what == "||" and place > 0 and candidates[place].guest == candidates[place - 1].guest
    )


def _branches(
    candidates: Sequence[Candidate], dropped: set[int]
) -> dict[int, tuple[Reason, list[list[int]]]]:
    """The commands on each way of each branch."""
    found: dict[int, tuple[Reason, dict[int, list[int]]]] = {}
    for place, each in enumerate(candidates):
        for branch, way, reason in each.command.path:
            if place not in dropped:
                found.setdefault(branch, (reason, {}))[1].setdefault(way, []).append(place)
    return {branch: (reason, list(ways.values())) for branch, (reason, ways) in found.items()}


def _named_apart(candidates: Sequence[Candidate], ways: list[list[int]]) -> bool:
    """Whether each way starts guests of other names: several guests, not one in several ways."""
    names = [{candidates[place].name for place in way} for way in ways]
    every = [name for way in names for name in way]
    return None not in every and len(every) == len(set(every))
