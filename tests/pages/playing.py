"""A page, played on a stage: command by command, as a reader would."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.pages.alike import Names
from tests.pages.reading import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pages.reading import Page, Step
    from tests.pages.running import Scene

# They change nothing: what they tell of guests takes its time, and they are asked again.
LOOKING = ("list-", "show-", "doctor", "export", "plan", "topology", "trace", "metrics")
PATIENCE = 120


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and whether that is what its page shows; where it shows nothing,
    whether the command has worked."""

    step: Step
    printed: str
    as_shown: bool


def play(page: Page, scene: Scene, *, patience: float = PATIENCE) -> Iterator[Outcome]:
    """Play a page; what is there afterwards, `scene.strike()` takes away."""
    names = Names()
    scene.set_up(page.needs)
    for step in page.steps:
        if isinstance(step, Section):
            scene.anew()
        else:
            yield _play(step, names, scene, patience)


def _play(step: Step, names: Names, scene: Scene, patience: float) -> Outcome:
    command = names.command(step.command)
    if step.shown is not None and command.startswith("cat "):
        names.given(step.shown)
    end = time.monotonic() + (patience if _looks(step) else 0)
    while True:
        code, printed = scene.run(step, command)
        as_shown = names.alike(step.shown, printed) if step.shown is not None else code == 0
        if as_shown or time.monotonic() > end:
            return Outcome(step, printed, as_shown)
        time.sleep(0.2)


def _looks(step: Step) -> bool:
    if "--fix" in step.command:
        return False
    return step.guest is not None or step.command.removeprefix("vnetmgr ").startswith(LOOKING)
