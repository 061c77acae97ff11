"""Every attribute and text of libvirt's network schema is an option's, a key of extra, or named as
what nothing sets; and nothing is named that the schema does not have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.rng import Schema
from vnetmgr.libvirt_xml.schema import schema_directory
from vnetmgr.model.network import OVERLAY_FIELDS, NetworkMode
from vnetmgr.model.network_attributes import NETWORK_ATTRIBUTES, NETWORK_ELEMENTS, field_at
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.options.network_extra import NETWORK_EXTRA, UNSETTABLE, bare
from vnetmgr.model.options.networks import OPTION_OF

NEWER = frozenset({"title", "description", "forward.driver.model", "domain.register"})
"""What libvirt 11.3 has and 9.0 has not."""


def _directories() -> list[Path]:
    """The installed schemas, and those of the next Debian's root where it is unpacked."""
    installed = schema_directory()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vnetmgr" / "next"
    newer = sorted(cache.glob("*/usr/share/libvirt/schemas"))
    return [each for each in (installed, *newer[-1:]) if each is not None]


DIRECTORIES = _directories()
KEYS = frozenset(map(bare, NETWORK_EXTRA))


@pytest.fixture(params=DIRECTORIES, ids=lambda each: each.parts[-5])
def paths(request: pytest.FixtureRequest) -> dict[str, frozenset[str]]:
    directory: Path = request.param
    return Schema(directory / "network.rng").paths("network")


def test_each_path_is_said_once(paths: dict[str, frozenset[str]]) -> None:
    said = {path for path in paths if field_at(path) is not None}
    ways = {path: (path in said, path in KEYS, path in UNSETTABLE) for path in paths}
    assert {path: each for path, each in ways.items() if sum(each) != 1} == {}


def test_nothing_is_named_that_is_not_there(paths: dict[str, frozenset[str]]) -> None:
    attributes = {each.said for each in NETWORK_ATTRIBUTES.values()}
    assert (attributes | KEYS | UNSETTABLE.keys()) - paths.keys() <= NEWER
    for places in NETWORK_ELEMENTS.values():
        for place in places:
            below = [path for path in paths if f"{path}.".startswith(f"{place}.")]
            assert below or place in NEWER, place


def test_words_are_those_of_the_schema(paths: dict[str, frozenset[str]]) -> None:
    for key, known in NETWORK_EXTRA.items():
        for word in paths.get(bare(key), ()):
            if (key, word) != ("ipv6", "no"):  # libvirt drops it
                assert known.read(word) == word
    for each in NETWORK_ATTRIBUTES.values():
        words = paths.get(each.said, frozenset())
        assert not words or each.type is not bool or set(each.words) == words


def test_every_field_says_something() -> None:
    # What there are commands for is in UNSETTABLE; dhcp_options are lines as dns_options are.
    of_overlays = OVERLAY_FIELDS & NetworkMode.NAT.kind.lacks
    fields = {*NETWORK_ATTRIBUTES, *NETWORK_ELEMENTS, *of_overlays, "extra", "dhcp_options"}
    assert fields == set(OPTION_OF) == set(NetworkPatch.FIELDS) - {"reservations", "records"}
    assert not NETWORK_ATTRIBUTES.keys() & NETWORK_ELEMENTS.keys()
