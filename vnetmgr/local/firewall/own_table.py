"""Whether this machine has port forwards at all: asked by every run of a spec, most of which find
none, and so apart from what reads them."""

from __future__ import annotations

from vnetmgr.errors import VnetError
from vnetmgr.local.programs import attempt
from vnetmgr.nft_json.table import FAMILY, TABLE


def has_rules() -> bool:
    """Whether there is a table of vnetmgr's, as far as can be seen."""
    try:
        return attempt(("nft", "-t", "list", "table", FAMILY, TABLE)).returncode == 0
    except VnetError:
        return False
