"""docs/doctor.md lists the checks as they are: from vnetmgr.doctor.checks, in their order."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.doctor.checks.test_firewall import CASES
from tests.unit.doctor.faults import FAULTS
from tests.unit.doctor.healthy import healthy
from vnetmgr.doctor.check import Row
from vnetmgr.doctor.checks import CHECKS
from vnetmgr.doctor.walk import walk
from vnetmgr.model.path.finding import Status

DOCS = Path(__file__).parents[4] / "docs" / "doctor.md"
# Probes' rows have tests of their own: test_probes.py.
_PROBES = {row.id for row in CHECKS if "probes" in row.needs}
_ORDER = [Status.OK, Status.NOT_CHECKED, Status.INFO, Status.WARNING, Status.BROKEN]


def test_the_table_is_that_of_the_checks() -> None:
    lines = [line for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    assert lines == [
        f"| `{row.id}` | {row.layer} | {row.severity} | {_needs(row)} | {row.good} |"
        for row in CHECKS
    ]


def _needs(row: Row) -> str:
    """All rules are listed together."""
    needs = dict.fromkeys(each if "rulesets" not in each else "rulesets" for each in row.needs)
    return ", ".join(needs) or "-"


def test_ids_are_plain_words() -> None:
    ids = [row.id for row in CHECKS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", each) for each in ids)


def test_each_check_that_finds_something_wrong_is_tested() -> None:
    found = {each.check for each in FAULTS.values()} | {each.check for each in CASES.values()}
    serious = {row.id for row in CHECKS if row.severity in (Status.BROKEN, Status.WARNING)}
    assert serious - found - _PROBES == set()


def test_nothing_is_worse_than_the_table_says() -> None:
    severities = {row.id: row.severity for row in CHECKS}
    hosts = [
        *(fault.change(fault.host()) for fault in FAULTS.values()),
        *(case.facts for case in CASES.values()),
        *(facts for _, facts in healthy()),
    ]
    for each in (each for facts in hosts for path in walk(facts) for each in path.findings):
        assert _ORDER.index(each.status) <= _ORDER.index(severities[each.check]) or (
            each.status is Status.NOT_CHECKED
        ), each
