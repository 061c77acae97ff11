"""What is written down of OVN's schemas is what OVN has."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import need
from tests.ovn.database import SCHEMAS, databases_unavailable
from vnetmgr.ovn.schema import is_root, schema_of, sets_of

DATABASES = sorted(SCHEMAS)


def reference(column: dict[str, Any]) -> tuple[object, ...]:
    """What a column refers to, how, and to how many; no reference: whether it is a map."""
    kind = column["type"]
    key = kind["key"] if isinstance(kind, dict) else kind
    if isinstance(key, dict) and "refTable" in key:
        return key["refTable"], key.get("refType", "strong"), kind.get("max", 1)
    return (isinstance(kind, dict) and "value" in kind,)


@pytest.mark.parametrize("database", DATABASES)
def test_tables_and_references_are_as_ovn_has_them(database: str) -> None:
    need(databases_unavailable())
    theirs = json.loads(SCHEMAS[database].read_text())["tables"]
    for name, ours in schema_of(database)["tables"].items():
        assert is_root(name) is theirs[name].get("isRoot", False), name
        for column, said in ours["columns"].items():
            assert reference(said) == reference(theirs[name]["columns"][column]), (name, column)


def test_whatever_has_several_rows_of_a_table_is_known() -> None:
    found = {(each.table, each.column) for each in sets_of("Logical_Switch_Port")}
    assert found == {("Logical_Switch", "ports"), ("Port_Group", "ports")}
    assert not list(sets_of("DHCP_Options"))  # a port has one of them
    assert all(each.is_strong for each in sets_of("ACL"))
