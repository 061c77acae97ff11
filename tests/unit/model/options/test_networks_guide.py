"""docs/networks.md lists the options of networks as they are, in their order."""

from __future__ import annotations

import re
from pathlib import Path

from vnetmgr.model.network import OVERLAY_FIELDS
from vnetmgr.model.network_attributes import NETWORK_ATTRIBUTES
from vnetmgr.model.options.network_extra import NETWORK_EXTRA
from vnetmgr.model.options.networks import NETWORK_OPTIONS
from vnetmgr.spec.networks import SPEC_KEY_OF

GUIDE = Path(__file__).parents[4] / "docs" / "networks.md"
# The keys of options that are short for another's value.
_SHORT = {"no_dhcp": "dhcp"}


def _rows() -> dict[str, list[str]]:
    """Option -> its row's cells."""
    lines = [line for line in GUIDE.read_text().splitlines() if line.startswith("| `--")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


def test_the_table_is_that_of_the_options() -> None:
    found = {option: (row[0], row[2]) for option, row in _rows().items()}
    expected = {
        f"`--{key.replace('_', '-')}`": (
            f"`{_SHORT.get(key, SPEC_KEY_OF[option.field])}`",
            "live" if NETWORK_OPTIONS[key].live or key in _SHORT else "restart",
        )
        for key, option in NETWORK_OPTIONS.items()
    }
    assert list(found.items()) == list(expected.items())


def test_its_attributes_are_those_of_the_table() -> None:
    for key, option in NETWORK_OPTIONS.items():
        _, place, _ = _rows()[f"`--{key.replace('_', '-')}`"]
        inside = option.field in NETWORK_ATTRIBUTES or option.field not in OVERLAY_FIELDS
        assert re.match("`<[a-z]" if inside else "`<[a-z]|- \\(OVN: ", place), key
        if option.field in NETWORK_ATTRIBUTES:
            assert f"`{_element(NETWORK_ATTRIBUTES[option.field].said)}`" in place


def test_every_path_of_extra_is_there() -> None:
    text = GUIDE.read_text()
    for path in NETWORK_EXTRA:
        *_, parent, last = f".{path}".split(".")
        assert f"`{path}`" in text or (parent == "parameters" and f"`{last}`" in text), path


def _element(said: str) -> str:
    """`<forward><pf dev>` of `forward.pf.dev`."""
    *tags, attribute = said.split(".")
    inner = " ".join((*tags[-1:], attribute)) if tags else f"network {attribute}"
    return "".join(f"<{tag}>" for tag in tags[:-1]) + f"<{inner}>"
