"""`[ ... ]`, `test` and `[[ ... ]]`: whether they hold, as far as the script itself says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.glob import matches
from vnetmgr.qemu_args.shell.parameters import pattern_of
from vnetmgr.qemu_args.shell.syntax import Word
from vnetmgr.qemu_args.shell.values import Hole, Many, known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.qemu_args.shell.expand import Expander
    from vnetmgr.qemu_args.shell.values import Text

_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_LONGEST = 10_000


def test_words(values: Sequence[Text | Many]) -> bool | None:
    """`[` and `test`, without the `]`. None: only a run would tell."""
    if any(isinstance(value, Many) for value in values):
        return None
    texts = [value for value in values if not isinstance(value, Many)]
    negated = False
    while texts and known(texts[0]) == "!" and len(texts) > 1:
        texts, negated = texts[1:], not negated
    result = _simple(texts)
    return None if result is None else result != negated


def _simple(texts: list[Text]) -> bool | None:
    if not texts:
        return False
    if len(texts) == 1:
        return has_text(texts[0])
    if len(texts) == 2:
        operator = known(texts[0])
        if operator in ("-n", "-z"):
            result = has_text(texts[1])
            return None if result is None else result == (operator == "-n")
        return None
    if len(texts) == 3:
        first, operator, second = (known(text) for text in texts)
        if operator in ("=", "==", "!="):
            if first is None or second is None:
                return None
            return (first == second) == (operator != "!=")
        if operator in _NUMBERS and first is not None and second is not None:
            return _compare(operator, first, second)
    return None


def _compare(operator: str, first: str, second: str) -> bool | None:
    try:
        return _NUMBERS[operator](int(first), int(second))
    except ValueError:
        return None


def has_text(text: Text) -> bool | None:
    """Whether a text is not empty."""
    if any(isinstance(piece, str) for piece in text):
        return True
    holes = [piece for piece in text if isinstance(piece, Hole)]
    if not holes:
        return False
    if len(holes) == 1 and holes[0].choices and not holes[0].repeated:
        answers = {has_text(choice) for choice in holes[0].choices}
        return answers.pop() if len(answers) == 1 else None
    return None


class Conditional:
    """One `[[ ... ]]`, from left to right."""

    def __init__(self, tokens: Sequence[Word | str], expander: Expander) -> None:
        self.tokens, self.expander, self.at = tokens, expander, 0

    def holds(self) -> bool | None:
        """Whether it holds. None: only a run would tell."""
        result = self._either()
        return result if self.at >= len(self.tokens) else None

    def _next(self) -> Word | str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _either(self) -> bool | None:
        result = self._both()
        while self._next() == "||":
            self.at += 1
            other = self._both()
            result = True if result or other else None if None in (result, other) else False
        return result

    def _both(self) -> bool | None:
        result = self._one()
        while self._next() == "&&":
            self.at += 1
            other = self._one()
            result = (
                False if False in (result, other) else None if None in (result, other) else True
            )
        return result

    def _one(self) -> bool | None:
        sign = self._next()
        if isinstance(sign, Word) and sign.plain == "!":
            self.at += 1
            result = self._one()
            return None if result is None else not result
        if sign == "(":
            self.at += 1
            result = self._either()
            if self._next() != ")":
                self.at = len(self.tokens) + 1
                return None
            self.at += 1
            return result
        words: list[Word | str] = []
        while self._next() is not None and self._next() not in ("&&", "||", ")"):
            words.append(self.tokens[self.at])
            self.at += 1
        return self._test(words)

    def _test(self, words: list[Word | str]) -> bool | None:
        if not words or not isinstance(words[0], Word) or not isinstance(words[-1], Word):
            return None
        first, last = words[0], words[-1]
        text = self.expander.text
        if len(words) == 1:
            return has_text(text(first))
        if len(words) == 2:
            operator = first.plain
            if operator == "-v" and last.plain:
                return self._is_set(last.plain)
            result = has_text(text(last)) if operator in ("-n", "-z") else None
            return None if result is None else result == (operator == "-n")
        operator = words[1].plain if isinstance(words[1], Word) else words[1]
        if len(words) != 3:
            return None
        if operator in ("=", "==", "!="):
            result = match(text(first), last, self.expander)
            return None if result is None else result == (operator != "!=")
        if operator in _NUMBERS:
            return self._numbers(str(operator), first, last)
        return None

    def _is_set(self, name: str) -> bool | None:
        state = self.expander.run.state
        return True if name in state.variables and state.variables[name] is not None else None

    def _numbers(self, operator: str, first: Word, last: Word) -> bool | None:
        numbers = [self.expander.calculate(word) for word in (first, last)]
        if None in numbers:
            return None
        return _NUMBERS[operator](numbers[0] or 0, numbers[1] or 0)


def match(text: Text, pattern: Word, expander: Expander) -> bool | None:
    """Whether a text fits a pattern, as in `case` and `[[ x == y ]]`."""
    if pattern.plain == "*":
        return True
    whole = known(text)
    tokens = pattern_of(pattern, expander)
    if whole is None or tokens is None:
        return None
    return None if len(whole) > _LONGEST else matches(tokens, whole)
