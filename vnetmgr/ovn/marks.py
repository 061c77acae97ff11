"""What vnetmgr writes beside OVN's own columns: whose a row is, and what no column can say.

All of it stands in external_ids, under keys that begin with `vnetmgr-`. Whatever else is in there
is somebody else's, and stays.
"""

from __future__ import annotations

FLEET, NETWORK, REVISION = "vnetmgr-fleet", "vnetmgr-network", "vnetmgr-revision"
ROLE = "vnetmgr-role"
"""What a row is for its network: a switch is its `switch`."""
SWITCH, RECORDS, NAMES, ISOLATED, ROUTER = "switch", "records", "names", "isolated", "router"
NIC = "nic"
RESERVED = "vnetmgr-reserved-"
"""With a MAC behind it; says what is reserved for that."""
HOST = "vnetmgr-host-"
"""With a host's name behind it: that one has a libvirt network for the switch."""
FIELD = "vnetmgr-"
"""With a field's name behind it; says the field as it was given."""
OWNER_KEYS = {
    "domain": f"{FIELD}domain",
    "domain_name": f"{FIELD}domain-name",
    "nic": f"{FIELD}nic",
    "host": f"{FIELD}host",
}
"""Of a nic's port: its owner's field -> the key."""
DNS_NAME, OWN_CHOICE, MIGRATION = f"{FIELD}dns-name", f"{FIELD}own-choice", f"{FIELD}migration"
KEYS = frozenset(
    {FLEET, NETWORK, ROLE, REVISION, *OWNER_KEYS.values(), DNS_NAME, OWN_CHOICE, MIGRATION}
)
"""All but those that have something behind them."""


def of_row(network: str, fleet: str, revision: int | None, role: str) -> dict[str, str]:
    """What each row has in its external_ids."""
    found = {FLEET: fleet, NETWORK: network, ROLE: role}
    return found if revision is None else found | {REVISION: str(revision)}


def is_revision(column: str, key: str) -> bool:
    """Whether a key says from which spec a row was written last: what a row is does not depend
    on that."""
    return column == "external_ids" and key == REVISION
