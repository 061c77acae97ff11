"""The columns that a list can be asked for."""

from __future__ import annotations

from typing import Any

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.rows.nics import NicRow, Pending
from vnetmgr.render.blocks import Form
from vnetmgr.render.columns import Columns
from vnetmgr.render.documents import document
from vnetmgr.render.forwards import FORWARD_COLUMNS
from vnetmgr.render.hostdevs import DEVICE_COLUMNS
from vnetmgr.render.leases import LEASE_COLUMNS
from vnetmgr.render.models import MODEL_COLUMNS
from vnetmgr.render.networks import NETWORK_COLUMNS
from vnetmgr.render.nics import NIC_COLUMNS

ROW = NicRow(
    domain="web",
    nic=Nic(source=Source(Mode.USER, None), mtu=1500),
    target=None,
    link="up",
    addresses=(),
    in_config=True,
    in_live=True,
    running=True,
    pending=(Pending("mtu", "1500", "9000"), Pending("link", "up", None)),
    orphan=None,
)


def shown(*texts: str) -> list[tuple[str, str]]:
    """Each heading, with what the row has below it."""
    table = NIC_COLUMNS.table([ROW], NIC_COLUMNS.chosen(texts, Form.TABLE))
    return list(zip(table.headings, table.rows[0], strict=True))


def test_columns_of_the_table_and_of_the_document() -> None:
    assert shown("mtu,name", " IN_LIVE ", "orphan,pending,pending_values,vlan") == [
        ("MTU", "1500"),
        ("NIC", "-"),
        ("IN LIVE", "yes"),
        ("ORPHAN", "-"),
        ("PENDING", "mtu, link"),
        ("PENDING VALUES", "mtu live 1500 config 9000 link live up config -"),
        ("VLAN", "-"),
    ]


def test_a_heading_of_the_table_is_a_name_of_its_column() -> None:
    assert shown("NIC,nic,name") == [("NIC", "-")] * 3
    assert FORWARD_COLUMNS.chosen(["Host Port"], Form.TABLE) == (FORWARD_COLUMNS.own["forward"],)


@pytest.mark.parametrize("texts", [["nmae"], ["name,"], [""], ["mac", "name mac"]])
def test_what_is_no_column(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="--columns: no column") as raised:
        NIC_COLUMNS.chosen(texts, Form.TABLE)
    assert "domain, name, mac" in (raised.value.hint or "")
    (about,) = {each.about for each in raised.value.problems}
    assert about is not None
    assert about.field == "columns"


@pytest.mark.parametrize("form", [Form.JSON, Form.YAML, Form.NAME])
def test_only_a_table_has_columns(form: Form) -> None:
    assert NIC_COLUMNS.chosen(None, form) is None
    with pytest.raises(UsageError, match=f"--output {form}"):
        NIC_COLUMNS.chosen(["name"], form)


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("nics", NIC_COLUMNS),
        ("networks", NETWORK_COLUMNS),
        ("leases", LEASE_COLUMNS),
        ("forwards", FORWARD_COLUMNS),
        ("host-devices", DEVICE_COLUMNS),
        ("models", MODEL_COLUMNS),
    ],
)
def test_every_key_of_a_list_is_a_column(kind: str, columns: Columns[Any]) -> None:
    schema: Any = document(kind).json_schema()
    of_items = schema["properties"]["items"]["items"]["$ref"].rpartition("/")[2]
    assert set(schema["$defs"][of_items]["properties"]) <= columns.known().keys()
