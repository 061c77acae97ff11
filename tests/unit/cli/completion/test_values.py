"""What values may be."""

from __future__ import annotations

import pytest

from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.completion.candidate import nothing
from vnetmgr.cli.completion.commands import load_command
from vnetmgr.cli.completion.values import completer

# What nobody can know before it is typed.
FREE_NAMES = {"dns_domain", "bootp", "given_address"}
FREE = {
    "[-- QEMU ARGUMENT...]",
    "[ADDRESS:]PORT",
    "[LISTEN:]HOST_PORT:GUEST_PORT[/PROTOCOL]",
    *(
        "ADDRESS",
        "ADDRESSES",
        "ADDRESS/LEN",
        "IP",
        "CIDR",
        "MAC",
        "DUID",
        "NETWORK/LEN",
        "NAME:BRIDGE",
    ),
    *("START-END", "PORT", "PORTS", "SERVICE", "ALIAS", "TAG", "OPTION", "NAME", "[NAME]", "TEXT"),
    *("N", "BYTES", "SECONDS", "TIME", "SIZE"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_value_is_completed_or_free(name: str) -> None:
    values = [each for each in load_command(name).parameters if each.takes_value]
    unknown = [each for each in values if completer(name, each) is nothing]
    free = {each.metavar for each in unknown if each.name not in FREE_NAMES}
    assert free - FREE == set(), "name what it may be in cli/completion/values.py"
