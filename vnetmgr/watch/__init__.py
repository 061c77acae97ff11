"""watch: a host kept as a spec says, by libvirt's events and a full pass now and then."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from vnetmgr.host.event_loop import start_event_loop
from vnetmgr.watch.daemon import Daemon, Say, Spec
from vnetmgr.watch.signals import EndedError
from vnetmgr.watch.spec_files import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import Signals

    from vnetmgr.host.connect import Host
    from vnetmgr.model.desired import Policy

__all__ = ["Say", "Spec", "fingerprint", "watch"]


def watch(
    open_host: Callable[[], Host],
    spec: Spec,
    policy: Policy,
    say: Say,
    *,
    interval_s: float,
    tries_again: bool = True,
    follow: Callable[[Callable[[], None]], None] = lambda _: None,
) -> Signals:
    """Reconcile what libvirt's events touch, and everything every `interval_s`, until a signal
    ends it: that signal. Raises VnetError when it cannot begin: a broken spec, no libvirt;
    Interrupted when a call is under way that does not return.

    `tries_again`: whether a connection that is lost is made again, and not raised. `follow` is
    given what has the spec read again, by whatever thread.
    """
    gc.enable()  # commands end before there is any garbage; this does not
    start_event_loop()
    daemon = Daemon(open_host, spec, policy, say, interval_s=interval_s, tries_again=tries_again)
    with daemon.signals as signals:
        follow(daemon.reread)
        try:
            daemon.run()
        except EndedError:
            if signals.ended is None:
                raise
            return signals.ended
    raise AssertionError("it runs until it is ended")
