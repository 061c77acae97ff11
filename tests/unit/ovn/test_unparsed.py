"""Columns that are read as they came, and the same once the library has looked at them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from ovs.db import idl
from ovs.db.data import Datum
from ovs.db.types import Type

from tests.unit.ovn.values import overlay, port
from vnetmgr.model.overlay.northbound import PortChange
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.ovn.client import Client
from vnetmgr.ovn.columns import count_of, map_of, some_of, text_of, texts_of
from vnetmgr.ovn.database import Database
from vnetmgr.ovn.remotes import remote_of
from vnetmgr.ovn.schema import NORTHBOUND
from vnetmgr.ovn.unparsed import Unparsed

if TYPE_CHECKING:
    from tests.ovn import Database as Server

ID, OTHER = str(UUID(int=1)), str(UUID(int=2))
TEXT: Any = "string"
TEXTS: Any = {"key": "string", "min": 0, "max": "unlimited"}
TRUTH: Any = {"key": "boolean", "min": 0, "max": 1}
ROWS: Any = {"key": {"type": "uuid", "refTable": "T"}, "min": 0, "max": "unlimited"}
MAP: Any = {"key": "string", "value": "string", "min": 0, "max": "unlimited"}
READ = {
    "text": text_of,
    "texts": texts_of,
    "some": some_of,
    "map": map_of,
    "count": count_of,
}


def row(datum: Datum) -> Any:
    return SimpleNamespace(_data={"column": datum})


@pytest.mark.parametrize(
    ("kind", "read", "json", "value"),
    [
        (TEXT, "text", "a", "a"),
        (TEXT, "text", "", ""),
        (TEXTS, "texts", "a", {"a"}),
        (TEXTS, "texts", ["set", []], set()),
        (TEXTS, "texts", ["set", ["a", "b"]], {"a", "b"}),
        (TRUTH, "some", True, True),
        (TRUTH, "some", ["set", []], None),
        (TRUTH, "some", ["set", [False]], False),
        (ROWS, "texts", ["uuid", ID], {UUID(ID)}),
        (ROWS, "count", ["uuid", ID], 1),
        (ROWS, "count", ["set", []], 0),
        (ROWS, "count", ["set", [["uuid", ID], ["uuid", OTHER]]], 2),
        (ROWS, "texts", ["set", [["uuid", ID], ["uuid", OTHER]]], {UUID(ID), UUID(OTHER)}),
        (MAP, "map", ["map", []], {}),
        (MAP, "map", ["map", [["a", "b"], ["", "c"]]], {"a": "b", "": "c"}),
    ],
)
def test_a_column_is_the_same_before_and_after(
    kind: object, read: str, json: object, value: object
) -> None:
    parsed_type = Type.from_json(kind)
    datum = Unparsed(parsed_type, json)
    assert READ[read](row(datum), "column") == value
    assert datum.json == json  # it was not parsed for that
    assert datum == Datum.from_json(parsed_type, json)
    assert datum.json is None
    assert READ[read](row(datum), "column") == value
    assert READ[read](row(datum.copy()), "column") == value


@pytest.mark.parametrize(
    ("kind", "read", "json", "value"),
    [(TEXT, "text", ["set", []], ""), (TEXT, "text", 5, ""), (MAP, "map", "a", {})],
)
def test_another_kind_of_column_than_is_known_is_left_out(
    kind: object, read: str, json: object, value: object
) -> None:
    datum = Unparsed(Type.from_json(kind), json)
    assert READ[read](row(datum), "column") == value


def test_rows_of_the_library_come_so(northbound: Server) -> None:
    # A version of it that has another name for this would cost three times as much.
    assert {"_Idl__row_update", "_Idl__add_default"} <= vars(idl.Idl).keys()
    settings = OvnSettings(northbound=northbound.remote)
    with Database.connect(settings) as database:
        database.set_overlay(SetOverlay(name="blue", before=None, after=overlay()))
        database.set_ports(SetPorts(changes=(PortChange(before=None, after=port(1)),)))
    with Client.connect(remote_of(northbound.remote), NORTHBOUND) as client:
        rows = client.tables["Logical_Switch_Port"].rows.values()
        (found,) = (each for each in rows if text_of(each, "name") == port(1).name)
        columns = found._data
        assert columns["name"].json == found.name == port(1).name
        assert columns["name"].json is None
        assert columns["external_ids"].json is not None
        assert map_of(found, "external_ids") == found.external_ids


def test_ports_that_others_change_are_read_anew(northbound: Server) -> None:
    settings = OvnSettings(northbound=northbound.remote)
    with Database.connect(settings) as database:
        database.set_overlay(SetOverlay(name="blue", before=None, after=overlay()))
        changes = tuple(PortChange(before=None, after=port(each)) for each in (1, 2, 3))
        database.set_ports(SetPorts(changes=changes))
        before = database.read()
        northbound.ctl(f"lsp-set-addresses {port(1).name} 52:54:00:00:00:99")
        northbound.ctl(f"lsp-del {port(2).name}")
        after = database.read()
        assert after.ports == Database.connect(settings).read().ports
        changed, kept = after.port(port(1).name), after.port(port(3).name)
        assert changed is not None
        assert str(changed.mac) == "52:54:00:00:00:99"
        assert after.port(port(2).name) is None
        assert kept is before.port(port(3).name)
