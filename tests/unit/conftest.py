"""Whatever fails in a test, fails alike in other words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.rewording import judge_all_twice
from vnetmgr.model.options.addressing import addressing_problems
from vnetmgr.model.options.forwards import build_forward, parse_forward_key
from vnetmgr.model.options.network_patch import build_network_patch
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.model.options.records import build_record
from vnetmgr.planner import make_plan
from vnetmgr.planner.spec_checks import host_problems
from vnetmgr.render import console
from vnetmgr.spec.files import load_all, load_sound, load_spec

JUDGES: list[Callable[..., Any]] = [
    addressing_problems,
    build_forward,
    build_network_patch,
    build_patch,
    build_record,
    host_problems,
    load_all,
    load_sound,
    load_spec,
    make_plan,
    parse_forward_key,
]


@pytest.fixture(scope="session", autouse=True)
def _in_other_words() -> None:
    judge_all_twice(JUDGES)


@pytest.fixture(autouse=True)
def _a_command_begins() -> None:
    """Each prints one document at most."""
    console.begin()
