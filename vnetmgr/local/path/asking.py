"""Programs that are asked for one part of the facts, and what is said where they cannot tell."""

from __future__ import annotations

import json
from shutil import which
from typing import TYPE_CHECKING, Any, TypeVar

from vnetmgr.errors import NoAnswerError, VnetError
from vnetmgr.local.programs import run, unreadable
from vnetmgr.model.path.unseen import Need, Unseen

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# What parsers raise of output that no version of the program is known to have.
_ODD = (ValueError, KeyError, TypeError, AttributeError, IndexError)


class Asked:
    """What could not be seen, while parts are asked for one by one."""

    def __init__(self) -> None:
        self.unseen: list[Unseen] = []

    def part(self, part: str, program: str, read: Callable[[], T]) -> T | None:
        """A part that a program tells; None where it does not, and that is noted."""
        try:
            return read()
        except NoAnswerError:
            raise
        except VnetError as error:
            missing = which(program) is None
            hint = f": {error.hint}" if error.hint and missing else ""
            need = Need.PROGRAM if missing else Need.OTHER
            self.unseen.append(Unseen(part=part, needs=need, why=f"{error.text}{hint}"))
        except _ODD:
            why = unreadable(program).text
            self.unseen.append(Unseen(part=part, needs=Need.OTHER, why=why))
        return None

    def needs_root(self, part: str) -> None:
        """A part that only root sees."""
        self.unseen.append(Unseen(part=part, needs=Need.ROOT, why="needs root"))


def objects(command: tuple[str, ...]) -> list[dict[str, Any]]:
    """What a program lists as JSON; some list nothing at all instead of an empty list. Raises
    VnetError, and ValueError for what is none."""
    text = run(*command)
    found = json.loads(text) if text.strip() else []
    if not isinstance(found, list):
        raise ValueError("no list")
    return found
