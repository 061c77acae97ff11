"""vnetmgr: the network manager for libvirt/QEMU virtual machines.

For programs: `vnetmgr.Host.connect(uri)`, and what it returns and raises (docs/api.md). Each name
is imported when it is used first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vnetmgr.api.changes import Changes
    from vnetmgr.api.host import FailedError, Host
    from vnetmgr.errors import (
        ConnectionLostError,
        ExitCode,
        LockedError,
        NoAnswerError,
        NotFoundError,
        RefusedError,
        SpecError,
        UnsupportedError,
        UsageError,
        VnetError,
    )
    from vnetmgr.model.plan import Action, Change, Disruption, ObjectKind, Plan, Report, Result

__version__ = "0.2.0"
__all__ = [
    "Action",
    "Change",
    "Changes",
    "ConnectionLostError",
    "Disruption",
    "ExitCode",
    "FailedError",
    "Host",
    "LockedError",
    "NoAnswerError",
    "NotFoundError",
    "ObjectKind",
    "Plan",
    "RefusedError",
    "Report",
    "Result",
    "SpecError",
    "UnsupportedError",
    "UsageError",
    "VnetError",
    "__version__",
]
_PLACES = {
    "Changes": "api.changes",
    **dict.fromkeys(("FailedError", "Host"), "api.host"),
    **dict.fromkeys(
        ("Action", "Change", "Disruption", "ObjectKind", "Plan", "Report", "Result"), "model.plan"
    ),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_PLACES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
