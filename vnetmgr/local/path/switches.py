"""Whether IP's rules have a say on what this machine's bridges forward: br_netfilter's switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.local.links import SYSFS
from vnetmgr.local.path.sysctls import PROC_SYS
from vnetmgr.packets import BridgeCalls

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_EACH = ("iptables", "ip6tables")


def read_bridge_calls(
    bridges: Iterable[str], proc_sys: Path = PROC_SYS, sysfs: Path = SYSFS
) -> BridgeCalls:
    """The host's, and each bridge's own. What is not there is off: br_netfilter is not loaded."""
    everywhere = [_is_on(proc_sys / f"net/bridge/bridge-nf-call-{each}") for each in _EACH]
    own = {
        name: (
            _is_on(sysfs / name / "bridge/nf_call_iptables"),
            _is_on(sysfs / name / "bridge/nf_call_ip6tables"),
        )
        for name in bridges
    }
    return BridgeCalls(everywhere[0], everywhere[1], own)


def _is_on(path: Path) -> bool:
    try:
        return path.read_text().strip() not in ("", "0")
    except OSError:
        return False
