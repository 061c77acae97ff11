"""vnetmgr: the network manager for libvirt/QEMU virtual machines.

For programs: `vnetmgr.Host.connect(uri)`, and what it returns and raises (docs/api.md). Each name
is imported when it is used first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vnetmgr.api.changes import Changes as Changes
    from vnetmgr.api.documents import to_dict as to_dict
    from vnetmgr.api.events import Event as Event
    from vnetmgr.api.events import EventStream as EventStream
    from vnetmgr.api.host import FailedError as FailedError
    from vnetmgr.api.host import Host as Host
    from vnetmgr.errors import ConnectionLostError as ConnectionLostError
    from vnetmgr.errors import ExitCode as ExitCode
    from vnetmgr.errors import LockedError as LockedError
    from vnetmgr.errors import NoAnswerError as NoAnswerError
    from vnetmgr.errors import NotConnectedError as NotConnectedError
    from vnetmgr.errors import NotFoundError as NotFoundError
    from vnetmgr.errors import RefusedError as RefusedError
    from vnetmgr.errors import SpecError as SpecError
    from vnetmgr.errors import UnsupportedError as UnsupportedError
    from vnetmgr.errors import UsageError as UsageError
    from vnetmgr.errors import VnetError as VnetError
    from vnetmgr.model.plan import Plan as Plan
    from vnetmgr.model.plan import Report as Report

__version__ = "0.2.0"
_PLACES = {
    "api.changes": "Changes",
    "api.documents": "to_dict",
    "api.events": "Event EventStream",
    "api.host": "FailedError Host",
    "errors": "ConnectionLostError ExitCode LockedError NoAnswerError NotConnectedError "
    "NotFoundError RefusedError "
    "SpecError UnsupportedError UsageError VnetError",
    "model.plan": "Plan Report",
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names.split()}
__all__ = ["__version__", *_MODULES]


if not TYPE_CHECKING:  # or every name would be one

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
