"""Whether a command printed what a page shows, but for what differs from host to host.

A MAC, a UUID, a tap's number and an address out of a DHCP range are others each time. The first
time that a page shows one, what is printed in its place is what it stands for from then on: on the
whole page, and in its commands. Every other word has to be the same.
"""

from __future__ import annotations

import re

HEX = "[0-9a-f]"
MAC = rf"(?<![\w:]){HEX}{{2}}(?::{HEX}{{2}}){{5}}(?!:?\w)"
UUID = rf"\b{HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}}\b"
TAP = r"\b(?:vnet|macvtap|virbr)\d+\b"
# Of a MAC, by router advertisements or the link alone.
SLAAC = rf"(?<![\w:]){HEX}{{1,4}}:[0-9a-f:]*:{HEX}{{0,2}}ff:fe{HEX}{{2}}:{HEX}{{1,4}}(?!:?\w)"
ADDRESS = r"(?<![\w.])\d+\.\d+\.\d+\.\d+(?!\w|\.\d)"
# Another at every run, and nothing that comes back later.
PASSING = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?",
    r"(?<![\w:.])\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?![\w:])",
    r"\b\d+(?:\.\d+)? ?(?:ms|us)\b",
    r"\b\d+ min\b",
    r"(?<=sent )\d+ frames?",
    r"(?<=/tmp/)\S+",
)
KEPT = {"mac": MAC, "uuid": UUID, "tap": TAP, "slaac": SLAAC, "address": ADDRESS}
WORD = re.compile(
    "|".join([f"(?P<passing>{'|'.join(PASSING)})", *(f"(?P<{k}>{p})" for k, p in KEPT.items())])
    + r"|(?P<lines>\n\.\.\.(?=\n|\Z)|\A\.\.\.(?:\n|\Z))|(?P<rest>(?<= )\.\.\.$)"
    + r"|(?P<space>(?<=\S) {2,}(?=\S))",
    re.MULTILINE,
)


class Names:
    """What each word that a page shows stands for."""

    def __init__(self) -> None:
        self._meant: dict[str, str] = {}
        self._given: set[str] = set()
        """Addresses that the page itself has chosen."""

    def command(self, command: str) -> str:
        """A command of the page's, in words that mean something here."""
        self.given(command)
        return WORD.sub(lambda word: self._meant.get(word[0], word[0]), command)

    def given(self, text: str) -> None:
        """What a page says of its own accord is meant as it stands, unless it is known already."""
        found = set(re.findall(ADDRESS, text))
        self._given |= found - self._meant.keys()

    def alike(self, shown: str, printed: str) -> bool:
        """Whether that is what was printed. Only then are words of it learnt."""
        kinds: list[tuple[str, str]] = []
        pattern, end = "", 0
        for word in WORD.finditer(shown):
            pattern += re.escape(shown[end : word.start()]) + self._pattern(word, kinds)
            end = word.end()
        found = re.fullmatch(pattern + re.escape(shown[end:]), _trimmed(printed))
        if found is None:
            return False
        pairs = list(zip((text for _, text in kinds), found.groups(), strict=True))
        learnt = dict(self._meant)
        for text, meant in pairs:
            if learnt.setdefault(text, meant) != meant:
                return False
        if len(set(learnt.values())) < len(learnt):
            return False  # two words of the page's for one thing
        self._meant = learnt
        return True

    def _pattern(self, word: re.Match[str], kinds: list[tuple[str, str]]) -> str:
        kind, text = word.lastgroup or "", word[0]
        match kind:
            case "passing":
                return f"(?:{'|'.join(PASSING)})"
            case "lines":
                return r"(?:\n.*)*?" if text.startswith("\n") else r"(?:.*(?:\n|\Z))*?"
            case "rest":
                return ".*"
            case "space":
                return " {2,}"
            case "address" if text in self._given:
                return re.escape(text)
        kinds.append((kind, text))
        if kind == "tap":
            return rf"({text.rstrip('0123456789')}\d+)"
        if kind == "address":
            # Whoever gives addresses out, it is his network that the page says.
            return rf"({re.escape(text.rpartition('.')[0])}\.\d+)"
        return f"({KEPT[kind]})"


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()
