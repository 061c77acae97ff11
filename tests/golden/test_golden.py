"""Golden cases: one folder each, written by hand or checked by eye; nothing regenerates them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.golden.notation import read_patch
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.domain_write import (
    add_controllers,
    insert_nic,
    remove_nic,
    replace_nic,
    set_vectors,
)
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import merge_nic, update_form
from vnetmgr.model.nic import differences

HERE = Path(__file__).parent


def cases(kind: str) -> list[Path]:
    return sorted(path for path in (HERE / kind).iterdir() if path.is_dir())


def text(case: Path, name: str) -> str:
    return (case / name).read_text(encoding="utf-8").removesuffix("\n")


@pytest.mark.parametrize("case", cases("nic"), ids=lambda case: case.name)
def test_nic(case: Path) -> None:
    patch = read_patch(json.loads(text(case, "patch.json")))
    merged = merge_nic(text(case, "in.xml"), patch)
    assert merged == text(case, "out.xml")
    assert merge_nic(merged, patch) == merged
    assert differences(read_nic(merged), patch) == ()


@pytest.mark.parametrize("case", cases("update_form"), ids=lambda case: case.name)
def test_update_form(case: Path) -> None:
    assert update_form(text(case, "in.xml")) == text(case, "out.xml")


def edit_domain(domain: str, edit: dict[str, Any], nic: str) -> str:
    """One edit of a domain: `nic` is found by the MAC that the case gives."""
    found = {str(seen.mac): xml for seen, xml in read_domain(domain).nics}
    if edit["do"] == "insert":
        return insert_nic(domain, nic)
    if edit["do"] == "replace":
        return replace_nic(domain, found[edit["mac"]], nic)
    if edit["do"] == "remove":
        return remove_nic(domain, found[edit["mac"]])
    if edit["do"] == "vectors":
        return set_vectors(domain, edit["alias"], edit["vectors"])
    return add_controllers(domain, edit["models"].split(","))


@pytest.mark.parametrize("case", cases("domain"), ids=lambda case: case.name)
def test_domain(case: Path) -> None:
    edit = json.loads(text(case, "edit.json"))
    nic = text(case, "nic.xml") if (case / "nic.xml").exists() else ""
    assert edit_domain(text(case, "in.xml"), edit, nic) == text(case, "out.xml")


def test_there_are_cases() -> None:
    """A folder that is not found would otherwise pass in silence."""
    assert len(cases("nic")) >= 30
