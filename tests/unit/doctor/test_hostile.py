"""Names that others choose: shown in one line, and one word to a shell."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from tests.unit.doctor.checks.test_firewall import CASES
from tests.unit.doctor.faults import FAULTS
from vnetmgr.doctor.walk import walk
from vnetmgr.model.path.codec import from_json, to_json
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.printable import is_printable

# Names of links, networks, domains, nics, filters, programs and chains in those hosts.
_NAMES = {
    "web1": "web1\x1b[2J\n; reboot",
    "web2": "web2 $(reboot)",
    "lab": 'lab\u202e"`id`',
    "lan": "la\tn & x",
    "br0": "br0\x9b;",
    "virbr0": "vir\u200bbr*",
    "vnet0": "vnet|0",
    "eth0": "-e\rth0",
    "mine": "mi\x00ne",
    "nginx": "ng\x07inx>x",
    "guard": "gu\u2066ard }",
}


def hostile(value: Any) -> Any:
    """The same document with such names in the place of the plain ones."""
    if isinstance(value, str):
        for plain, other in _NAMES.items():
            if value == plain:
                return other
            value = value.replace(f"/{plain}/", f"/{other}/")
        return value
    if isinstance(value, list):
        return [hostile(each) for each in value]
    if isinstance(value, dict):
        return {hostile(key): hostile(each) for key, each in value.items()}
    return value


@pytest.mark.parametrize("name", sorted(FAULTS) + sorted(CASES))
def test_names_are_shown_in_one_line_and_quoted(name: str) -> None:
    facts = FAULTS[name].change(FAULTS[name].host()) if name in FAULTS else CASES[name].facts
    for path in walk(from_json(PathFacts, hostile(to_json(facts)))):
        for each in path.findings:
            for text in (each.cause, each.owner or "", each.remedy or ""):
                assert is_printable(text), each
            if each.remedy is not None:
                words = shlex.split(each.remedy, comments=True)
                assert words
                assert not {";", "&", "$(reboot)", "`id`"} & set(words[:1]), each
                assert "reboot" not in words, each
