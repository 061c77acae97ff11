"""What hosts have exported, as the one spec that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.cli.fleet.shown import show_answers, show_beside
from vnetmgr.command import Command
from vnetmgr.errors import VnetError, refused_problems
from vnetmgr.model.record import replace
from vnetmgr.problem import Problem
from vnetmgr.render import console
from vnetmgr.spec.export_hosts import merge_exports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.cli.options import How
    from vnetmgr.fleet.answer import Answer, Answers
    from vnetmgr.fleet.hosts import Hosts


def show_exports(answers: Answers, known: Hosts, how: How, file: str | None) -> None:
    """Print the spec, or write it; for programs, each host's own. A file is only written where all
    of it is known. Ends with the one exit code of all. `known`: all hosts, asked or not."""
    texts = {each.host: text for each in answers.each if (text := _text(each)) is not None}
    unknown = [each.host for each in answers.each if each.host not in texts]
    found, wrong = merge_exports(texts, unknown=unknown, whole=len(texts) == len(known.names))
    errors: list[VnetError] = [*answers.errors, *wrong.values()]
    if file is not None and (unknown or errors):
        text = f"{file} is not written: what some of the hosts have is not known"
        errors.append(VnetError(text, "name those that answer: --host NAME"))
    elif file is not None:
        from vnetmgr.render.files import write_text

        write_text(found.text, file)
    refused = [Problem(None, each) for each in (*_refused(answers.each), *found.refused)]
    if refused:
        hint = (
            "what is left out stands in the spec as comments: make it alike on them, or take in "
            f"what is meant; give nics that cannot be told apart names ({Command('update-nic')})"
        )
        errors.append(refused_problems(refused, hint))
    answers = replace(answers, errors=tuple(errors))
    if how.form.for_programs:
        show_answers(answers, how)
        return
    if file is None and texts:
        console.out_lines(found.text.removesuffix("\n"))
    show_beside(answers, how)


def _text(answer: Answer) -> str | None:
    return None if answer.document is None else str(answer.document["text"])


def _refused(answers: Iterable[Answer]) -> Iterator[str]:
    for answer in answers:
        listed = None if answer.document is None else answer.document["refused"]
        if isinstance(listed, list):
            yield from (f"{answer.host}: {each}" for each in listed)
