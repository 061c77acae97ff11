"""A page's text -> the steps that it takes.

- A block ```` ```console ```` holds commands behind a prompt, each with what it prints. `$ ` is the
  host's; `web1$ ` is a shell in that guest, or on that host. A command goes on in the next line
  behind a backslash.
  A line of three dots stands for any lines, dots at a line's end for its rest. `cat FILE`, of a
  file that is not there, makes it.
- `<!-- with: guest web1; link eth1 -->` says what the page needs: see `stage.py`; `hosts` has it
  played on two hosts: see `hosts.py`. `sections` has each section begin anew.
- `<!-- run: COMMAND -->` is a command of the host's that readers do not see.
- `<!-- run the table -->`: the commands of vnetmgr in the table that follows are run, row by row.
- A block ```` ```sh ```` is not run; `not_run.py` says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PROMPT = re.compile(r"(?P<guest>[a-z][\w-]*)?\$ (?P<command>.*)")
FENCE = re.compile(r"( *)```(\w*).*")
COMMENT = re.compile(r"<!-- (with|run): (.*?) -->")
TABLE = "<!-- run the table -->"


@dataclass(frozen=True)
class Step:
    """A command, and what it prints: None where that is not shown."""

    line: int
    command: str
    shown: str | None = None
    guest: str | None = None


@dataclass(frozen=True)
class Section:
    """A section that begins anew."""

    line: int


@dataclass
class Page:
    """What a page needs, and does."""

    needs: list[str] = field(default_factory=list)
    steps: list[Step | Section] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    """The blocks that are no commands to run, each by its first line."""

    @property
    def commands(self) -> list[Step]:
        """Its commands alone."""
        return [step for step in self.steps if isinstance(step, Step)]


def pages() -> list[Path]:
    """Every page there is."""
    return [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def name_of(page: Path) -> str:
    """What a page is called here."""
    return str(page.relative_to(REPOSITORY))


def read(text: str) -> Page:
    """Read a page."""
    page, lines = Page(), text.splitlines()
    number, in_table = 0, False
    while number < len(lines):
        line = lines[number]
        number += 1
        if fence := FENCE.fullmatch(line):
            if fence[1]:
                raise ValueError(f"line {number}: a block that not every reader of Markdown knows")
            end = lines.index("```", number)
            _block(page, fence[2], lines[number:end], number + 1)
            number = end + 1
        elif comment := COMMENT.fullmatch(line):
            _comment(page, comment[1], comment[2], number)
        elif line == TABLE:
            in_table = True
        elif line.startswith("|") and in_table:
            page.steps += [Step(number, command) for command in _commands_of(line)]
        elif line:
            in_table = False
            if line.startswith("## ") and "sections" in page.needs:
                page.steps.append(Section(number))
    return page


def _comment(page: Page, kind: str, text: str, number: int) -> None:
    if kind == "with":
        page.needs += [need.strip() for need in text.split(";")]
    else:
        page.steps.append(Step(number, text))


def _commands_of(row: str) -> list[str]:
    return [
        code.replace(r"\|", "|") for code in re.findall("`([^`]+)`", row) if code[:8] == "vnetmgr "
    ]


def _block(page: Page, kind: str, lines: list[str], first: int) -> None:
    if kind == "sh":
        page.not_run.append(lines[0])
    if kind != "console":
        return
    number = 0
    while number < len(lines):
        prompt = PROMPT.fullmatch(lines[number])
        if prompt is None:
            raise ValueError(f"line {first + number} has no prompt: {lines[number]}")
        at, command = first + number, prompt["command"]
        number += 1
        while command.endswith("\\"):
            command = command[:-1].rstrip() + " " + lines[number].strip().removeprefix(">").strip()
            number += 1
        printed: list[str] = []
        while number < len(lines) and not PROMPT.fullmatch(lines[number]):
            printed.append(lines[number])
            number += 1
        page.steps.append(Step(at, command, "\n".join(printed).rstrip(), prompt["guest"]))
