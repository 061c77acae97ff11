"""From options' values to what is wanted of holds: specs' hands off a domain or nic."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from vnetmgr.api.wants import domain_and_nic
from vnetmgr.command import Command
from vnetmgr.errors import UsageError
from vnetmgr.model.desired import Desired, HoldWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.values import parse_lasting
from vnetmgr.problem import About

if TYPE_CHECKING:
    from datetime import timedelta


def hold_desired(target: str, duration: str | float | timedelta, reason: str) -> Desired:
    """That specs leave a domain, or one of its nics, alone for a while. Raises UsageError."""
    try:
        lasts_s = parse_lasting(_written(duration))
    except ValueError as error:
        about = About("command", field="for")
        hint = f"30m, 2h, 7d or 1w; {Command('release')} takes a hold away"
        raise UsageError(f"--for: {error}", hint, about=about) from None
    if not reason.isprintable():
        text = "--reason: a line break or control character"
        about = About("command", field="reason")
        raise UsageError(text, "give one line of text", about=about)
    domain, nic = domain_and_nic(target)
    until_s = int(time()) + lasts_s
    want = HoldWant(domain=domain, nic=nic, intent=Intent.CREATE, until_s=until_s, reason=reason)
    return Desired(holds=(want,))


def _written(duration: str | float | timedelta) -> str:
    if isinstance(duration, str):
        return duration
    return f"{duration if isinstance(duration, int | float) else duration.total_seconds():.0f}s"


def release_desired(target: str) -> Desired:
    """That a hold ends before it runs out."""
    domain, nic = domain_and_nic(target)
    return Desired(holds=(HoldWant(domain=domain, nic=nic, intent=Intent.REMOVE),))
