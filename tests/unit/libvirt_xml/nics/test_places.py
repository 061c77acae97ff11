"""The rows say of a field what its option says."""

from __future__ import annotations

from vnetmgr.libvirt_xml.nics.places import NIC_ORDER, PLACES
from vnetmgr.model.nic import Nic
from vnetmgr.model.options.nics import NIC_OPTIONS


def test_a_place_is_what_the_option_is_in_libvirts_words() -> None:
    for field, place in PLACES.items():
        said = NIC_OPTIONS[field].said if field in NIC_OPTIONS else ""
        key = f"{place.path.replace('/', '.')}.{place.attribute}"
        assert said in ("", key), field


def test_each_is_of_a_nic_and_below_what_libvirt_has() -> None:
    assert PLACES.keys() <= set(Nic.FIELDS)
    assert {place.path.partition("/")[0] for place in PLACES.values()} <= set(NIC_ORDER)
