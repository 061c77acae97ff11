"""Networks that are not on a host, and that OVN has for others."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NoNetworkError, VnetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.host.connect import Host
    from vnetmgr.model.overlay.northbound import Overlay
    from vnetmgr.model.overlay.settings import OvnSettings


@contextmanager
def told_of_other_hosts(host: Host, spec: OvnSettings | None = None) -> Iterator[None]:
    """Have the error of a network that is not here say which other hosts have an overlay of that
    name. OVN is asked only then, and only where somebody says where it is."""
    try:
        yield
    except NoNetworkError as error:
        found = _overlay(host, error.network, spec)
        if found is None:
            raise
        raise error.saying(f"{error.text}; {_described(found)}", _remedy(found)) from None


def _overlay(host: Host, name: str, spec: OvnSettings | None) -> Overlay | None:
    from vnetmgr.engine.northbound import northbound_of, settings_for

    settings = settings_for(host, spec)
    if settings.northbound is None:
        return None
    try:
        northbound = northbound_of(host, settings, briefly=True)
    except VnetError:  # which is not what was asked for
        return None
    named = [each for each in northbound.overlays_named(name) if host.name not in each.hosts]
    return named[0] if len(named) == 1 else None


def _described(overlay: Overlay) -> str:
    where = f" for {', '.join(sorted(overlay.hosts))}" if overlay.hosts else ""
    return f"OVN has an overlay {overlay.network.name}{where}"


def _remedy(overlay: Overlay) -> str:
    return f"have it here as well: {Command(*overlay.join_words)}"
