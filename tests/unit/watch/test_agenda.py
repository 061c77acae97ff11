"""When what is due, without a clock."""

from __future__ import annotations

from vnetmgr.watch.agenda import Agenda, Due
from vnetmgr.watch.touched import HOST, Key

WEB, DB = Key("domain", "web"), Key("domain", "db")
INTERVAL_S = 600.0


def started() -> Agenda:
    """An agenda after its first full pass, at 0."""
    agenda = Agenda(interval_s=INTERVAL_S)
    due = agenda.take(0.0)
    assert due == Due(full=True)
    agenda.ended(due, (), 0.0)
    return agenda


def one(*keys: Key) -> Due:
    """A pass over these."""
    return Due(keys=frozenset(keys))


def test_a_full_pass_at_the_start_and_then_every_interval() -> None:
    agenda = started()
    assert agenda.next_at() == INTERVAL_S
    assert agenda.take(INTERVAL_S - 0.1) is None
    assert agenda.take(INTERVAL_S) == Due(full=True)


def test_a_burst_is_one_pass_when_it_is_over() -> None:
    agenda = started()
    for number in range(5):
        agenda.touch([WEB if number % 2 else DB], 10 + number / 10)
        assert agenda.take(10 + number / 10) is None
    assert 10.5 < agenda.next_at() < 10.7
    assert agenda.take(10.7) == one(WEB, DB)
    assert agenda.take(10.7) is None
    assert agenda.next_at() == INTERVAL_S


def test_a_burst_that_does_not_end_is_looked_at_within_a_second() -> None:
    agenda = started()
    for number in range(100):
        now = 10 + number / 10
        agenda.touch([WEB], now)
        if agenda.take(now):
            break
    assert now < 10.9


def test_a_failure_is_tried_again_later_and_later_and_others_go_on() -> None:
    agenda, now, delays = started(), 0.0, []
    agenda.touch([WEB], now)
    for _ in range(12):
        before, now = now, agenda.next_at()
        assert agenda.take(now) == one(WEB)
        agenda.ended(one(WEB), [WEB], now)
        delays.append(round(now - before, 3))
        # Events that our own attempt made do not hurry it; those of others are heeded.
        agenda.touch([WEB], now)
        assert agenda.next_at() > now + 0.9
        agenda.touch([DB], now)
        assert agenda.take(now + 0.2) == one(DB)
        agenda.ended(one(DB), [], now + 0.2)
        if now > 500:  # a full pass would come between
            break
    assert delays[:7] == [0.2, 1, 2, 4, 8, 16, 32]


def test_the_delay_ends_at_five_minutes_and_starts_anew_after_a_success() -> None:
    agenda = Agenda(interval_s=1e9)
    agenda.ended(Due(full=True), [WEB], 0.0)
    now = 0.0
    for _ in range(20):
        now = agenda.next_at()
        assert agenda.take(now) == one(WEB)
        agenda.ended(one(WEB), [WEB], now)
    assert agenda.next_at() == now + 300
    agenda.ended(one(WEB), [], now)
    agenda.ended(one(WEB), [WEB], now)
    assert agenda.next_at() == now + 1


def test_a_start_of_the_domain_hurries_it() -> None:
    agenda = started()
    for _ in range(8):
        agenda.ended(one(WEB), [WEB], 0.0)
    agenda.touch([WEB], 10.0, started=True)
    assert agenda.take(10.3) == one(WEB)


def test_what_all_failed_for_may_be_over() -> None:
    agenda = started()
    for _ in range(8):
        agenda.ended(one(WEB, DB), [WEB, DB], 0.0)
    agenda.hurry(10.0)
    assert agenda.take(10.3) == one(WEB, DB)
    # A database that comes and goes lets each of these fail: that is no reason to wait for longer.
    agenda.ended(one(WEB, DB), [WEB, DB], 10.3)
    assert agenda.next_at() == 11.3


def test_a_full_pass_settles_what_failed_before() -> None:
    agenda = started()
    agenda.ended(one(WEB, DB), [WEB, DB], 599.5)
    due = agenda.take(600.0)
    assert due == Due(full=True)
    agenda.ended(due, [DB], 600.0)
    assert agenda.take(605.0) == one(DB)
    agenda.ended(one(DB), [], 605.0)
    assert agenda.next_at() == 1200.0


def test_a_full_pass_that_fails_as_a_whole_is_tried_again() -> None:
    agenda = Agenda(interval_s=INTERVAL_S)
    now = 0.0
    for delay in (1, 2, 4):
        due = agenda.take(now)
        assert due == Due(full=True)
        agenda.ended(due, [HOST], now, together=True)
        assert agenda.next_at() == now + delay
        now += delay


def test_what_failed_together_is_tried_apart() -> None:
    agenda = started()
    agenda.ended(one(WEB, DB), [WEB, DB], 0.0, together=True)
    first = agenda.take(1.0)
    assert first is not None
    agenda.ended(first, first.keys, 1.0, together=True)
    second = agenda.take(1.0)
    assert second is not None
    agenda.ended(second, [], 1.0)
    assert len(first.keys) == len(second.keys) == 1
    assert first.keys | second.keys == {WEB, DB}
    assert agenda.take(1.0) is None
    assert agenda.take(3.0) == first


def test_while_somebody_else_works_nothing_is_due() -> None:
    agenda = started()
    agenda.touch([WEB], 0.0)
    due, now, waits = agenda.take(1.0), 1.0, []
    for _ in range(8):
        assert due == one(WEB)
        agenda.put_off(due, now)
        agenda.touch([WEB], now)
        assert agenda.take(now + 0.4) is None
        waits.append(agenda.next_at() - now)
        now = agenda.next_at()
        due = agenda.take(now)
    assert waits == [0.5, 1, 2, 4, 8, 10, 10, 10]
    full = Agenda(interval_s=INTERVAL_S)
    assert full.take(0.0) == Due(full=True)
    full.put_off(Due(full=True), 0.0)
    assert full.take(0.5) == Due(full=True)


def test_another_spec_starts_afresh() -> None:
    agenda = started()
    agenda.touch([DB], 1.0)
    agenda.ended(one(WEB), [WEB], 1.0)
    agenda.reset()
    due = agenda.take(1.0)
    assert due == Due(full=True)
    agenda.ended(due, [], 1.0)
    assert agenda.next_at() == 601.0
