"""Arithmetic of the shell: `$((...))`, `((...))`, `let`. bash(1), ARITHMETIC EVALUATION."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"\s*(0[xX][0-9a-fA-F]+|[0-9]+#[0-9a-zA-Z]+|[0-9]+|[A-Za-z_][A-Za-z0-9_]*|<<=|>>=|\*\*|\+\+|--"
    r"|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%<>=!~&|^?:,()])"
)
_BINARY = {
    ",": 1,
    "||": 4,
    "&&": 5,
    "|": 6,
    "^": 7,
    "&": 8,
    "==": 9,
    "!=": 9,
    **dict.fromkeys(("<", ">", "<=", ">="), 10),
    **dict.fromkeys(("<<", ">>"), 11),
    **dict.fromkeys(("+", "-"), 12),
    **dict.fromkeys(("*", "/", "%"), 13),
    "**": 14,
}
_ASSIGNING, _CHOOSING = 2, 3
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEPTH = 30


class UnclearError(ValueError):
    """Not a calculation whose result can be known."""


def calculate(
    text: str, get: Callable[[str], str], put: Callable[[str, str], None], depth: int = 0
) -> int:
    """The result. Raises UnclearError; variables may have been set until then."""
    tokens: list[str] = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(tokens) > 500:
            raise UnclearError
        tokens.append(match[1])
        at = match.end()
    if not tokens:
        return 0
    calculation = _Calculation(tokens, get, put, depth)
    result = calculation.expression(0)
    if calculation.at != len(tokens):
        raise UnclearError
    return result


class _Calculation:
    def __init__(
        self,
        tokens: list[str],
        get: Callable[[str], str],
        put: Callable[[str, str], None],
        depth: int,
    ) -> None:
        self.tokens, self.get, self.put = tokens, get, put
        self.at, self.depth, self.silent = 0, depth, 0

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._next()
        self.at += 1
        return token

    def expression(self, level: int) -> int:
        self.depth += 1
        if self.depth > _DEPTH:
            raise UnclearError
        left = self._unary()
        while True:
            operator = self._next()
            if operator == "?" and level <= _CHOOSING:
                left = self._choose(left)
                continue
            rank = _BINARY.get(operator)
            if rank is None or rank < level:
                break
            self.at += 1
            skipped = (operator == "&&" and not left) or (operator == "||" and bool(left))
            self.silent += skipped
            right = self.expression(rank if operator == "**" else rank + 1)
            self.silent -= skipped
            left = 0 if self.silent else _binary(operator, left, right)
        self.depth -= 1
        return left

    def _choose(self, condition: int) -> int:
        self.at += 1
        self.silent += not condition
        first = self.expression(_ASSIGNING)
        self.silent -= not condition
        if self._take() != ":":
            raise UnclearError
        self.silent += bool(condition)
        second = self.expression(_CHOOSING)
        self.silent -= bool(condition)
        return first if condition else second

    def _unary(self) -> int:
        operator = self._take()
        if operator in ("+", "-", "!", "~"):
            self.depth += 1
            if self.depth > _DEPTH:
                raise UnclearError
            value = self._unary()
            self.depth -= 1
            return {"+": value, "-": -value, "!": int(not value), "~": ~value}[operator]
        if operator in ("++", "--"):
            name = self._take()
            return self._set(name, self._value(name) + (1 if operator == "++" else -1))
        if operator == "(":
            value = self.expression(0)
            if self._take() != ")":
                raise UnclearError
            return value
        if _NAME.fullmatch(operator):
            return self._variable(operator)
        return _number(operator)

    def _variable(self, name: str) -> int:
        following = self._next()
        if following in ("++", "--"):
            self.at += 1
            value = self._value(name)
            self._set(name, value + (1 if following == "++" else -1))
            return value
        if following == "=":
            self.at += 1
            return self._set(name, self.expression(_ASSIGNING))
        if following.endswith("=") and following[:-1] in _BINARY and following not in _BINARY:
            self.at += 1
            old = self._value(name)
            return self._set(name, _binary(following[:-1], old, self.expression(_ASSIGNING)))
        return self._value(name)

    def _value(self, name: str) -> int:
        if self.silent:
            return 0
        if not _NAME.fullmatch(name):
            raise UnclearError
        return calculate(self.get(name), self.get, self.put, self.depth + 1)

    def _set(self, name: str, value: int) -> int:
        if not _NAME.fullmatch(name):
            raise UnclearError
        if not self.silent:
            self.put(name, str(value))
        return value


def _number(token: str) -> int:
    base, sign, digits = token.partition("#")
    try:
        if sign:
            return int(digits, int(base))
        if token[:2] in ("0x", "0X"):
            return int(token, 16)
        return int(token, 8 if token[:1] == "0" and len(token) > 1 else 10)
    except ValueError:
        raise UnclearError from None


def _binary(operator: str, left: int, right: int) -> int:
    if operator in ("/", "%") and right == 0:
        raise UnclearError
    if operator in ("<<", ">>", "**") and not 0 <= right < 64:
        raise UnclearError
    results: dict[str, Callable[[], int]] = {
        ",": lambda: right,
        "||": lambda: int(bool(left or right)),
        "&&": lambda: int(bool(left and right)),
        "|": lambda: left | right,
        "^": lambda: left ^ right,
        "&": lambda: left & right,
        "==": lambda: int(left == right),
        "!=": lambda: int(left != right),
        "<": lambda: int(left < right),
        ">": lambda: int(left > right),
        "<=": lambda: int(left <= right),
        ">=": lambda: int(left >= right),
        "<<": lambda: left << right,
        ">>": lambda: left >> right,
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1),
        "%": lambda: abs(left) % abs(right) * (-1 if left < 0 else 1),
        "**": lambda: left**right,
    }
    result = results[operator]()
    if not -(2**63) <= result < 2**63:
        raise UnclearError
    return result
