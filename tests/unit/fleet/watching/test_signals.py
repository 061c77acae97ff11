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


def in_child(signals: Signals) -> int:
    """What a process that is made meanwhile does with a signal: 7 for an end of its own."""
    pid = os.fork()
    if pid == 0:
        try:
            signals.in_a_child()
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt:
            os._exit(7)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_in_a_process_that_is_made_meanwhile_they_are_its_own() -> None:
    with Signals() as signals:
        assert in_child(signals) == 7
        assert (signals.times, can_be_read(signals.descriptor)) == (0, False)


def test_one_that_had_come_before_ends_it() -> None:
    with Signals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        signals.heard()
        assert in_child(signals) == 7
