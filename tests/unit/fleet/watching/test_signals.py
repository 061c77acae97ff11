import os
import select
import signal

from vnetmgr.fleet.watching.signals import Signals


def can_be_read(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def test_they_are_noted_and_end_a_wait() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Signals() as signals:
        assert not can_be_read(signals.descriptor)
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)
        assert can_be_read(signals.descriptor)
        signals.heard()
        assert not can_be_read(signals.descriptor)
        signals.heard()
        assert (signals.ended, signals.times) == (signal.SIGTERM, 2)
        assert not signals.reload
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_hang_up_is_no_end() -> None:
    with Signals() as signals:
        os.kill(os.getpid(), signal.SIGHUP)
        assert (signals.reload, signals.times) == (True, 0)
