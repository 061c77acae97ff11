"""Whatever a command fails by, as an error of ours; and for programs as the document."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from vnetmgr.cli.streams import reason
from vnetmgr.errors import VnetError
from vnetmgr.render import console
from vnetmgr.runtime import interrupts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.errors import ExitCode

# -o json, -ojson and -vo json: of the short options that take a value, -c has one of its own.
_SHORT = r"-[^-co]*o(.*)"


def as_ours(error: BaseException) -> VnetError:
    """An error of ours that says the same."""
    if isinstance(error, VnetError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return VnetError("interrupted")
    if hasattr(error, "format_message"):  # click's
        return VnetError(error.format_message())
    if isinstance(error, OSError | MemoryError):
        return VnetError(*reason(error))
    return VnetError(f"{type(error).__name__}: {error}")


def answer(error: BaseException, code: ExitCode) -> None:
    """Print an error as the one document, where none has been printed yet. The code that it says
    is what the program ends with."""
    with interrupts.later():
        from vnetmgr.render.documents.error import ERROR, ShownError

        console.out_last_json(ERROR.whole(ShownError(as_ours(error), code)))
        interrupts.no_more()


def asks_for_json(words: Sequence[str]) -> bool:
    """Whether a command line, which perhaps cannot be read as a whole, says --output json."""
    form = ""
    for word, following in pairwise((*words, "")):
        if word == "--":
            break
        if word == "--output":
            form = following
        elif word.startswith("--output="):
            form = word.removeprefix("--output=")
        elif short := re.fullmatch(_SHORT, word):
            form = short[1] or following
    return form == "json"
