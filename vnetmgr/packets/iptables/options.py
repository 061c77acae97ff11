"""A rule's words as options with their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A text of somebody's, which may look like an option: it is the one word that follows.
_TEXTS = frozenset(
    {"--comment", "--log-prefix", "--nflog-prefix", "--string", "--hex-string", "--name"}
    | {"--hashlimit-name", "-j", "-g", "-m", "--jump", "--goto", "--match"}
)


class Option(NamedTuple):
    """One option of a rule."""

    module: str
    """The match or target that it belongs to; empty for iptables' own."""
    name: str
    values: tuple[str, ...]
    negated: bool


def options_of(words: Sequence[str]) -> Iterator[Option]:
    """The options in their order. `-m NAME` and `-j NAME` are options, too."""
    at, module, negated = 0, "", False
    while at < len(words):
        word = words[at]
        at += 1
        if word == "!":
            negated = True
            continue
        end = at
        while end < len(words) and not (_is_option(words[end]) or _negates(words, end)):
            end += 1
        if word in _TEXTS:
            end = min(at + 1, len(words))
        values = tuple(words[at:end])
        if values[:1] == ("!",):  # ebtables: `-s ! MAC`
            values, negated = values[1:], True
        if word in ("-m", "-j", "-g"):
            module = values[0] if values else ""
        yield Option(module if word.startswith("--") else "", word, values, negated)
        at, negated = end, False


def _is_option(word: str) -> bool:
    return len(word) > 1 and word[0] == "-" and not word[1].isdigit()


def _negates(words: Sequence[str], at: int) -> bool:
    """`! -d 10.0.0.1`: it belongs to what follows."""
    return words[at] == "!" and at + 1 < len(words) and _is_option(words[at + 1])
