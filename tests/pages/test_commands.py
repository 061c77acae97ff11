"""Commands that pages speak of without showing what they print: there are such commands, with such
options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from reference.commands import pages as helps
from tests.pages.reading import name_of, pages
from vnetmgr.cli.catalogue import COMMANDS

OPTION = r"(?<![\w-])--?[a-zA-Z][\w-]*"
OPTIONS = {
    page.command: {
        option
        for section in page.sections
        for entry in section.entries
        for option in re.findall(OPTION, " ".join(entry.names))
    }
    for page in helps()
}


def spoken_of(page: Path) -> list[str]:
    """Each `vnetmgr ...` in the text of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]
    return [span.replace(r"\|", "|") for span in spans if span.startswith("vnetmgr ")]


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_what_a_page_speaks_of_is_there(page: Path) -> None:
    for span in spoken_of(page):
        words = shlex.split(span)[1:]
        # Before it there may be options, and where all stand for any: COMMAND, [OPTIONS].
        name = next((word for word in words if word in COMMANDS), "help")
        assert name != "help" or words[0] == name or not words[0][0].islower(), span
        ours = words[: words.index("--")] if "--" in words else words
        given = {word.partition("=")[0] for word in ours if re.fullmatch(OPTION, word)}
        assert name == "help" or given <= OPTIONS[name], span
