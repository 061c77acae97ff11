"""Every page of docs/ and the README: its commands do and print what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab import Lab
from tests.pages.hosts import NEED, OVERLAY, HostsStage
from tests.pages.playing import play
from tests.pages.reading import name_of, pages, read
from tests.pages.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import OvnPair, Pair
    from tests.pages.running import Scene

PLAYED = {page: read(page.read_text()) for page in pages()}
# Those that share guests one after the other.
IN_ORDER = sorted(
    (page for page, it in PLAYED.items() if it.commands and NEED not in it.needs),
    key=lambda page: sorted(need for need in PLAYED[page].needs if need.startswith("guest")),
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One host for all of them."""
    with Lab() as lab, Stage(lab) as stage:
        yield stage


@pytest.mark.parametrize("path", IN_ORDER, ids=name_of)
def test_a_page(path: Path, stage: Stage) -> None:
    page = PLAYED[path]
    if any(need.startswith("switch") for need in page.needs) and (
        reason := stage.lab.lacks("openvswitch")
    ):
        pytest.skip(reason)
    as_shown(path, stage)


SEVERAL = [path for path, page in PLAYED.items() if NEED in page.needs]


@pytest.mark.parametrize(
    "path", [path for path in SEVERAL if OVERLAY not in PLAYED[path].needs], ids=name_of
)
def test_a_page_about_several_hosts(path: Path, pair: Pair) -> None:
    with HostsStage(pair) as stage:
        as_shown(path, stage)


@pytest.mark.parametrize(
    "path", [path for path in SEVERAL if OVERLAY in PLAYED[path].needs], ids=name_of
)
def test_a_page_about_overlays(path: Path, overlay: OvnPair) -> None:
    with HostsStage(overlay) as stage:
        as_shown(path, stage)


def as_shown(path: Path, scene: Scene) -> None:
    """Play a page."""
    try:
        for outcome in play(PLAYED[path], scene):
            step = outcome.step
            if not outcome.as_shown:
                where = f"{name_of(path)}:{step.line}: $ {step.command}"
                pytest.fail(f"{where}\n--- shown\n{step.shown}\n--- printed\n{outcome.printed}")
    finally:
        scene.strike()
