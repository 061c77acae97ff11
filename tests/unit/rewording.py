"""What fails is judged once more, with every text in other words: all but the texts is the same.

So every example of a failure, in any of these tests, is one of a program that reads no prose.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.problem import Problem


def other_words(text: str) -> str:
    """A text without a word, or a beginning, or an end that it had."""
    return f"<<{' '.join(reversed(codecs.encode(text, 'rot13').split(' ')))}>>"


@contextmanager
def reworded() -> Iterator[None]:
    """Every problem and every error says the same in other words."""
    new, init = Problem.__new__, VnetError.__init__

    def problem(cls: type[Problem], about: Any, text: str, *more: Any, **named: Any) -> Problem:
        return new(cls, about, other_words(text), *more, **named)

    def error(self: VnetError, text: str, *more: Any, **named: Any) -> None:
        init(self, other_words(text), *more, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Problem, "__new__", problem)
        patch.setattr(VnetError, "__init__", error)
        yield


def facts_of_problem(problem: Problem) -> object:
    """A problem without its texts."""
    return problem.about, problem.also, problem.origin, problem.values, bool(problem.hint)


def facts_of_error(error: VnetError) -> object:
    """An error without its texts."""
    problems = [facts_of_problem(each) for each in error.problems]
    return type(error), error.exit_code, error.about, error.origin, bool(error.hint), problems


def failures(outcome: Any) -> list[object]:
    """What of an outcome of one of the judges has failed, without its texts."""
    if isinstance(outcome, VnetError):
        return [facts_of_error(outcome)]
    if isinstance(outcome, tuple | list):
        return [facts_of_problem(each) for each in outcome if isinstance(each, Problem)]
    found = [facts_of_error(each) for each in getattr(outcome, "errors", ())]
    return found + [facts_of_problem(each) for each in getattr(outcome, "problems", ())]


def rest(outcome: Any) -> object:
    """What has not."""
    notes = getattr(outcome, "notes", ())
    kept = [getattr(outcome, name, None) for name in ("steps", "waiting", "spec")]
    return kept, len(notes)


def twice(judge: Callable[..., Any]) -> Callable[..., Any]:
    """A function that judges, and where something fails does so again in other words."""

    def outcome(*arguments: Any, **named: Any) -> Any:
        try:
            return judge(*arguments, **named)
        except VnetError as error:
            return error

    @wraps(judge)
    def judge_twice(*arguments: Any, **named: Any) -> Any:
        first = outcome(*arguments, **named)
        if failures(first):
            with reworded():
                second = outcome(*arguments, **named)
            assert failures(second) == failures(first)
            assert rest(second) == rest(first)
        if isinstance(first, VnetError):
            raise first
        return first

    return judge_twice


def judge_all_twice(judges: list[Callable[..., Any]]) -> None:
    """Have the tests call those."""
    for name in [name for name in sys.modules if name.startswith("tests.unit.")]:
        for judge in judges:
            if vars(sys.modules[name]).get(judge.__name__) is judge:
                setattr(sys.modules[name], judge.__name__, twice(judge))
