"""Columns that are read as they came, and the same once the library has looked at them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
from vnetmgr.ovn.telling import json_of
from vnetmgr.ovn.unparsed import Unparsed, change_of

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


_NAMES = st.sampled_from("abcdef")
_SETS = st.frozensets(_NAMES, max_size=5)
_MAPS = st.dictionaries(_NAMES, st.sampled_from("xyz"), max_size=5)
_IDS = st.frozensets(st.integers(1, 6).map(lambda each: UUID(int=each)), max_size=5)


def as_json(kind: Type, value: object) -> Any:
    return Datum.from_python(kind, value, lambda each: each).to_json()


@given(
    st.one_of(
        st.tuples(st.just(TEXTS), _SETS, _SETS),
        st.tuples(st.just(ROWS), _IDS, _IDS),
        st.tuples(st.just(MAP), _MAPS, _MAPS),
    )
)
def test_what_has_changed_of_a_column_changes_it(both: tuple[Any, Any, Any]) -> None:
    kind, before, after = Type.from_json(both[0]), *both[1:]
    if isinstance(before, dict):
        # A value that is another is told as it is now; one that goes, as it was.
        keys = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        change: Any = {key: after.get(key, before.get(key)) for key in keys}
    else:
        change = list(before ^ after)
        before, after = list(before), list(after)
    changed = change_of(kind, as_json(kind, before), as_json(kind, change))
    assert Datum.from_json(kind, changed) == Datum.from_python(kind, after, lambda each: each)


@pytest.mark.parametrize(
    ("kind", "before", "change"),
    [(TEXT, "a", "b"), (TRUTH, True, ["set", []]), (MAP, None, ["map", [["a", "b"]]])],
)
def test_of_one_value_the_change_is_the_new_one(kind: object, before: Any, change: Any) -> None:
    assert change_of(Type.from_json(kind), before, change) == change


@pytest.mark.parametrize(
    ("kind", "json", "default"),
    [
        *((TEXT, "", True), (TEXT, "a", False)),
        *((TEXTS, "", False), (TEXTS, ["set", []], True), (TEXTS, ["set", ["a", "b"]], False)),
        *((TRUTH, False, False), (TRUTH, ["set", []], True)),
        (ROWS, ["uuid", ID], False),
        *((MAP, ["map", []], True), (MAP, ["map", [["a", ""]]], False)),
    ],
)
def test_the_server_is_told_it_as_it_came(kind: object, json: Any, *, default: bool) -> None:
    datum = Unparsed(Type.from_json(kind), json)
    assert datum.is_default() is default
    assert datum.to_json() == json
    assert datum.copy().json == json  # it was not parsed for that
    assert datum == Datum.from_json(datum.type, json)
    assert datum.json is None
    assert Datum.from_json(datum.type, datum.to_json()) == datum


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *((TEXT, "a"), (TEXTS, frozenset("a")), (TEXTS, frozenset("ab")), (TEXTS, frozenset())),
        *((MAP, {"a": "b", "c": ""}), (MAP, {})),
    ],
)
def test_what_is_written_is_what_the_library_would_write(kind: object, value: Any) -> None:
    parsed_type = Type.from_json(kind)
    plain = list(value) if isinstance(value, frozenset) else value
    assert json_of(value) == as_json(parsed_type, plain)


def test_rows_of_the_library_come_so(northbound: Server) -> None:
    # A version of it that has another name for this would cost three times as much.
    assert {"_Idl__row_update", "_Idl__add_default", "_Idl__apply_diff"} <= vars(idl.Idl).keys()
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
