import json

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.model.spec import Placed
from vnetmgr.model.values import Mac
from vnetmgr.spec.files import SpecText
from vnetmgr.spec.placed import (
    Bundle,
    bundle_document,
    placed_document,
    read_bundle,
    read_placed,
)

UUID = "5f0c2f8e-2f0e-4d0c-9d6c-000000000001"
PLACED = {
    "web1": Placed(
        host="kvm2",
        uuid=UUID,
        macs=(("lan", Mac("52:54:00:00:00:01")), (None, Mac("52:54:00:00:00:02"))),
    ),
    "db1": Placed(host="kvm1"),
    "lost": Placed(),
}


def test_it_is_read_back_as_it_was_told() -> None:
    assert read_placed(json.loads(json.dumps(placed_document(PLACED)))) == PLACED


NIC = {"name": "lan", "mac": "52:54:00:00:00:01"}
WHOLE = {"host": "kvm1", "uuid": None, "nics": [NIC]}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "web1",
        {"web1": None},
        {"web1": {}},
        {"web1": WHOLE | {"host": 7}},
        {"web1": WHOLE | {"uuid": []}},
        {"web1": WHOLE | {"nics": {}}},
        {"web1": WHOLE | {"nics": [None]}},
        {"web1": WHOLE | {"nics": [{"name": "lan"}]}},
        {"web1": WHOLE | {"nics": [NIC | {"mac": "no MAC"}]}},
        {"web1": WHOLE | {"nics": [NIC | {"name": 1}]}},
    ],
)
def test_what_is_not_such_a_document_is_refused(document: object) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_placed(document)


FILES = (
    SpecText("conf.d/a.yaml", "version: 1\n"),
    SpecText("conf.d/b.yaml", None, "conf.d/b.yaml cannot be read: Permission denied"),
)
BUNDLE = Bundle(files=FILES, placed={"web1": Placed(host="kvm1"), "db1": Placed()})


def test_a_bundle_is_read_back_as_it_was_sent() -> None:
    assert read_bundle(json.loads(json.dumps(bundle_document(BUNDLE)))) == BUNDLE


@pytest.mark.parametrize(
    "other",
    [
        {"version": 2},
        {"version": None},
        {"files": None},
        {"files": ["a.yaml"]},
        {"files": [{"file": "a.yaml"}]},
        {"files": [{"file": "a.yaml", "text": 1, "problem": ""}]},
        {"files": [{"file": None, "text": "", "problem": ""}]},
        {"placed": None},
        {"placed": {"web1": None}},
    ],
)
def test_what_is_no_bundle_is_refused(other: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_bundle(bundle_document(BUNDLE) | other)


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_bundle({})
