"""From options' values to what is wanted of port forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.api.wants import texts, word
from vnetmgr.command import Command
from vnetmgr.errors import UsageError
from vnetmgr.model.desired import Desired
from vnetmgr.model.forward import ForwardWant, UnownedWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.forwards import build_forward, parse_forward_key

if TYPE_CHECKING:
    from collections.abc import Mapping


def forward_desired(domain: str, forward: str, options: Mapping[str, object]) -> Desired:
    """A new port forward. Raises UsageError with every problem."""
    domain = word(domain, "domain")
    built = build_forward(word(forward, "forward"), texts(options, ()))
    return Desired(forwards=(ForwardWant(domain=domain, intent=Intent.CREATE, forward=built),))


def forward_removal(domain: str | None, forward: str | None, unowned: str | None) -> Desired:
    """That a domain's forward goes; or, with `unowned`, a rule that is of no domain."""
    if unowned is not None:
        if domain is not None or forward is not None:
            raise UsageError(
                "--unowned goes without a domain", f"{Command('list-forwards')} shows both"
            )
        gone = UnownedWant(key=parse_forward_key(unowned), intent=Intent.REMOVE)
        return Desired(unowned=(gone,))
    if domain is None or forward is None:
        raise UsageError(
            "a domain and one of its forwards have to be named",
            str(Command("remove-forward", "web1", "8080")),
        )
    key = parse_forward_key(word(forward, "forward"))
    want = ForwardWant(domain=word(domain, "domain"), intent=Intent.REMOVE, key=key)
    return Desired(forwards=(want,))
