"""libvirt's event loop, which events and keepalive need."""

from __future__ import annotations

import threading
from time import sleep

import libvirt

from vnetmgr.host.calls import silence


class _Loop:
    """libvirt's event loop: one for the process, for good."""

    _lock = threading.Lock()
    _started = False

    @classmethod
    def start(cls) -> None:
        with cls._lock:
            if not cls._started:
                libvirt.virEventRegisterDefaultImpl()
                threading.Thread(target=_run_loop, daemon=True, name="libvirt-events").start()
                cls._started = True


def start_event_loop() -> None:
    """Have libvirt's event loop run, in a thread of its own.

    Only connections that are opened afterwards have events, and keepalive.
    """
    silence()
    _Loop.start()


def _run_loop() -> None:
    while True:
        try:
            libvirt.virEventRunDefaultImpl()
        except libvirt.libvirtError:
            sleep(1.0)  # it waits for file descriptors: rather late than in a tight loop
