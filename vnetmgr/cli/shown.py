"""Commands of vnetmgr's that messages show, as they work where this one was called."""

from __future__ import annotations

import re
from functools import cache

from vnetmgr.printable import shell_word

ASKING = frozenset(
    {
        *("attach-nic", "update-nic", "detach-nic", "create-domain", "list-nics"),
        *("create-network", "update-network", "delete-network", "start-network", "stop-network"),
        *("restart-network", "list-networks", "show-network", "list-leases"),
        *("reserve-address", "release-address", "add-dns-record", "remove-dns-record"),
        *("plan", "apply", "reconcile", "watch", "export", "doctor", "trace"),
        *("prepare-migration", "check-migration", "leave-overlay"),
    }
)
"""The commands that look at OVN's northbound database, where an overlay is concerned."""


def as_called(text: str, northbound: str | None) -> str:
    """A message whose commands say where that database is, as this one was told by --ovn-nb."""
    if not northbound or "vnetmgr " not in text:
        return text
    option = f" --ovn-nb {shell_word(northbound)}"

    def with_option(found: re.Match[str]) -> str:
        elsewhere = found["ssh"] is not None and "unix:" in northbound
        return found[0] if elsewhere else f"{found[0]}{option}"

    return _commands().sub(with_option, text)


@cache
def _commands() -> re.Pattern[str]:
    """Those that do not say it yet; on another machine a socket is another one."""
    names = "|".join(sorted(ASKING))
    return re.compile(
        rf"(?P<ssh>\bssh \S+ )?\bvnetmgr (?:{names})(?![\w-])(?![^\n;,)]*--ovn-nb\b)(?! on \w)"
    )
