"""A spec's revision, as rows have it."""

from __future__ import annotations

import pytest

from vnetmgr.model.overlay.options import parse_revision
from vnetmgr.ovn.ports import read_revision


@pytest.mark.parametrize("number", [0, 42, 2**63 - 1])
def test_every_revision_that_a_spec_may_have_is_read_again(number: int) -> None:
    assert read_revision(str(parse_revision(str(number)))) == number


@pytest.mark.parametrize("text", [None, "", "-1", "1a", "١"])
def test_what_somebody_else_has_written_is_no_revision(text: str | None) -> None:
    assert read_revision(text) is None
