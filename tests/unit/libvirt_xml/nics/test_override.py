"""Reading vectors back, and that libvirt's schema takes what is written."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.samples import CONFIG, template
from vnetmgr.libvirt_xml.domain_read import read_domain, read_overrides
from vnetmgr.libvirt_xml.domain_write import fill_domain, insert_nic, set_vectors
from vnetmgr.libvirt_xml.schema import domain_problems
from vnetmgr.model.desired import DomainFields

NIC = "<interface type='user'><alias name='ua-{}'/></interface>"


def test_a_nic_has_the_vectors_of_its_alias() -> None:
    domain = "<domain><name>x</name></domain>"
    for name in ("a", "vnetmgr-b", "c"):
        domain = insert_nic(domain, NIC.format(name))
    domain = insert_nic(domain, "<interface type='user'><alias name='net0'/></interface>")
    for alias, vectors in (("ua-a", 3), ("ua-vnetmgr-b", 0), ("ua-gone", 7), ("net0", 5)):
        domain = set_vectors(domain, alias, vectors)
    assert [nic.vectors for nic, _ in read_domain(domain).nics] == [3, 0, None, None]
    assert read_overrides(domain) == {"ua-a": 3, "ua-vnetmgr-b": 0, "ua-gone": 7, "net0": 5}


@pytest.mark.parametrize("how", ["type='remove'", "type='string' value='many'", ""])
def test_what_is_no_number_is_not_read(how: str) -> None:
    domain = (
        "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><name>x</name><devices>"
        f"{NIC.format('a')}</devices><q:override><q:device alias='ua-a'><q:frontend>"
        f"<q:property name='vectors' {how}/></q:frontend></q:device></q:override></domain>"
    )
    assert read_domain(domain).nics[0][0].vectors is None
    changed = set_vectors(domain, "ua-a", 4)
    assert read_domain(changed).nics[0][0].vectors == 4
    assert changed.count("vectors") == 1


def test_it_is_valid_and_taken_back_it_is_as_before() -> None:
    domain = fill_domain(template("domain/q35.xml"), DomainFields(name="x"), [NIC.format("a")])
    assert domain_problems(set_vectors(domain, "ua-a", 4)) == []
    there = set_vectors(CONFIG, "ua-other", 1)
    assert set_vectors(set_vectors(there, "ua-a", 4), "ua-a", None) == there
