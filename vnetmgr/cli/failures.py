"""Whatever a command fails by, as an error of ours; and for programs as the document."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.streams import reason
from vnetmgr.errors import UsageError, VnetError
from vnetmgr.problem import About
from vnetmgr.render import console
from vnetmgr.render.blocks import Form
from vnetmgr.runtime import interrupts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.errors import ExitCode

FORMS = frozenset({*Form, "xml", "text", "dot", "svg", "html"})
"""All that some command's --output takes."""
_YAML_IS_A_SPEC = "import-qemu"


def as_ours(error: BaseException) -> VnetError:
    """An error of ours that says the same."""
    if isinstance(error, VnetError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return VnetError("interrupted")
    if hasattr(error, "format_message"):
        return _of_click(error)
    if isinstance(error, OSError | MemoryError | UnicodeError):
        return VnetError(*reason(error))
    return VnetError(f"{type(error).__name__}: {error}")


def _of_click(raised: Any) -> UsageError:
    """What click complains of: about the command, and which of its options or arguments."""
    context, param = getattr(raised, "ctx", None), getattr(raised, "param", None)
    key = max(param.opts, key=len) if param is not None else getattr(raised, "option_name", "")
    field = key.lstrip("-").replace("-", "_") or None
    about = About("command", context.command.name or "" if context is not None else "", field=field)
    return UsageError(raised.format_message(), about=about)


def of_command(error: VnetError, command: str) -> VnetError:
    """The same; what is wrong with a command line, and with no object in particular, is about the
    command."""
    lacking = (each.about is None or each.about.kind == "command" for each in error.problems)
    if isinstance(error, UsageError) and any(lacking):
        return error.of(About("command", command))
    return error


def answer(error: BaseException, code: ExitCode) -> None:
    """Print an error as the one document, where there is to be one, and none has been printed yet.
    The code that it says is what the program ends with."""
    if not console.form().is_document:
        return
    with interrupts.later():
        from vnetmgr.render.documents.error import ERROR, ShownError

        console.out_error_data(ERROR.whole(ShownError(as_ours(error), code)))
        interrupts.no_more()


def form_asked_for(words: Sequence[str]) -> Form:
    """The form of a command line that perhaps cannot be read as a whole. As in one that can, the
    last --output counts; what is no form, as `jso`, takes back nothing."""
    said = (form.lower() for form in reversed(given(words, "--output", "o")))
    last = next((form for form in said if form in FORMS), "")
    called = next((word for word in words if word in COMMANDS), "")
    if last not in set(Form) or (last == Form.YAML and called == _YAML_IS_A_SPEC):
        return Form.TABLE
    return Form(last)


def given(words: Sequence[str], option: str, letter: str = "") -> list[str]:
    """The values of an option in a command line that perhaps cannot be read as a whole; also of one
    that is cut short (--out json), which is refused."""
    # -o json, -ojson, -o=json and -vo json; of the other short options, -c has a value of its own.
    short = re.compile(rf"-[^-c{letter}]*{letter}=?(.*)") if letter else None
    found = []
    for word, following in pairwise((*words, "")):
        if word == "--":
            break
        flag, equals, value = word.partition("=")
        if len(flag) > 2 and option.startswith(flag):
            found.append(value if equals else following)
        elif short is not None and (match := short.fullmatch(word)):
            found.append(match[1] or following)
    return found
