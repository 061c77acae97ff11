"""From options' values to what is wanted of migrations."""

from __future__ import annotations

from vnetmgr.errors import UsageError
from vnetmgr.model.desired import Desired, MigrationWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.overlay.options import is_word
from vnetmgr.problem import About


def migration_desired(domain: str, to_host: str | None, *, cancel: bool) -> Desired:
    """That a domain's ports are ready for its migration, or for none. Raises UsageError."""
    if to_host is None and not cancel:
        raise UsageError(
            "TO_HOST is missing: where the guest goes", about=About("command", field="to_host")
        )
    if to_host is not None and not is_word(to_host):
        hint = "the host's system-id or host name: `ovn-sbctl show` lists them"
        about = About("command", field="to_host")
        raise UsageError(
            f"TO_HOST: {to_host!r} is no name of a chassis of OVN's", hint, about=about
        )
    intent = Intent.ABSENT if cancel else Intent.PRESENT
    return Desired(migrations=(MigrationWant(domain=domain, target=to_host, intent=intent),))
