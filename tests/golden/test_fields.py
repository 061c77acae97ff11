"""Every field of the model is read, and written, under its one name."""

from __future__ import annotations

import json
from pathlib import Path

from vnetmgr.model.nic import NIC_FIELDS

GOLDEN = Path(__file__).parent / "nic"


def test_each_field_has_golden_cases_that_set_and_that_clear_it() -> None:
    patches = [json.loads(path.read_text()) for path in GOLDEN.glob("*/patch.json")]
    mandatory = {"source", "name", "owned", "mac"}
    for field in set(NIC_FIELDS) - {"vectors"}:  # no part of the element: golden/domain/vectors-*
        values = [patch[field] for patch in patches if field in patch]
        assert any(value is not None for value in values), field
        assert field in mandatory or None in values, field
