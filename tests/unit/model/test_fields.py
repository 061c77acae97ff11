"""One name per field: in the model, the patch, the options and the documents."""

from __future__ import annotations

from vnetmgr.model.network_want import NetworkPatch, network_problem
from vnetmgr.model.nic import NIC_FIELDS, Nic, NicPatch
from vnetmgr.model.options.nics import NIC_OPTIONS, SOURCE_OPTIONS
from vnetmgr.model.patch import UNSET
from vnetmgr.problem import About
from vnetmgr.spec.networks import NETWORK_KEYS
from vnetmgr.spec.nics import NIC_KEYS

_SEEN_ONLY = {"target", "bridge", "port_id", "interface_id"}
_NOT_OPTIONS = {"source", "owned"}


def test_a_patch_has_the_settable_fields_of_a_nic() -> None:
    assert set(Nic.FIELDS) - _SEEN_ONLY == set(NIC_FIELDS)


def test_every_field_is_an_option_of_the_same_name() -> None:
    assert set(NIC_OPTIONS) == set(NIC_FIELDS) - _NOT_OPTIONS


def test_an_empty_patch_manages_nothing() -> None:
    assert list(NicPatch().items()) == []
    assert all(getattr(NicPatch(), name) is UNSET for name in NIC_FIELDS)


def test_no_option_is_two_things() -> None:
    assert not set(SOURCE_OPTIONS) & set(NIC_OPTIONS)


def test_problems_call_every_field_as_specs_do() -> None:
    abouts = [
        network_problem(field, "no").about or About("network") for field in NetworkPatch.FIELDS
    ]
    assert {about.field for about in abouts} <= NETWORK_KEYS
    assert set(NIC_FIELDS) - {"name", *_NOT_OPTIONS} <= NIC_KEYS
