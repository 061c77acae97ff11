"""`python -m tests.pages PAGE...`: write into pages what their commands print now.

That is for whoever writes one, and looks at what has changed: a test compares.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab import Lab, Pair
from tests.pages.hosts import NEED, HostsStage
from tests.pages.playing import play
from tests.pages.reading import PROMPT, read
from tests.pages.stage import Stage

if TYPE_CHECKING:
    from tests.pages.reading import Step
    from tests.pages.running import Scene


def main() -> None:
    """Play the pages that are named."""
    named = [Path(name) for name in sys.argv[1:]]
    on_hosts = [path for path in named if NEED in read(path.read_text()).needs]
    if alone := [path for path in named if path not in on_hosts]:
        with Lab() as lab, Stage(lab) as stage:
            for path in alone:
                rewrite(path, stage)
    if on_hosts:
        with Pair() as pair, HostsStage(pair) as hosts:
            for path in on_hosts:
                rewrite(path, hosts)


def rewrite(path: Path, scene: Scene) -> None:
    """Play a page, and say what was not as it shows."""
    lines = path.read_text().splitlines()
    wrong: list[tuple[Step, str]] = []
    try:
        for outcome in play(read(path.read_text()), scene, patience=12):
            if not outcome.as_shown:
                print(f"{path}:{outcome.step.line}: $ {outcome.step.command}\n{outcome.printed}")
                if outcome.step.shown is not None:
                    wrong.append((outcome.step, outcome.printed.rstrip()))
    finally:
        scene.strike()
    for step, printed in reversed(wrong):
        first = step.line
        while lines[first - 1].endswith("\\"):
            first += 1
        last = first
        while not PROMPT.match(lines[last]) and not lines[last].startswith("```"):
            last += 1
        lines[first:last] = printed.splitlines()
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)
