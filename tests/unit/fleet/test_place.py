"""On which host a domain of a spec is: by what the spec says, else by what the hosts have."""

from __future__ import annotations

import pytest

from vnetmgr.errors import ExitCode, NotFoundError
from vnetmgr.fleet.place import HostDomain, Placement, domains_of, place
from vnetmgr.model.names import HostRef
from vnetmgr.model.spec import Placed, SpecDomain
from vnetmgr.model.values import Mac
from vnetmgr.problem import About, Place

ONE, TWO = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))
MACS = (("lan", Mac("52:54:00:00:00:01")),)
PLACE = Place("spec.yaml", 4, 3)
HOSTS = ("kvm1", "kvm2", "kvm3")

OFF = HostDomain(name="web", uuid=ONE, macs=MACS)
PAUSED = HostDomain(name="web", uuid=ONE, active=True, macs=MACS)
RUNS = HostDomain(name="web", uuid=ONE, active=True, running=True, macs=MACS)
OTHER = HostDomain(name="web", uuid=TWO, active=True, running=True)

TAKE_AWAY = "take away what is not it"
ONE_NAME = "have one name alone for each machine in the hosts file; while it moves, wait"


def spec_domain(name: str = "web", host: str | None = None) -> SpecDomain:
    """A domain of the spec."""
    return SpecDomain(name=name, origin=PLACE, host=HostRef(host, PLACE) if host else None)


def placed(
    *there: HostDomain | None,
    host: str | None = None,
    silent: int = 0,
    before: HostDomain | None = None,
    strict: bool = False,
) -> Placement:
    """Where `web` is, when kvm1, kvm2 and kvm3 have these; the last ones have not answered, but
    said `before` that they have this."""
    every = (*there, *[None] * (len(HOSTS) - len(there)))
    answered = HOSTS[: len(HOSTS) - silent]
    found = {
        name: () if domain is None else (domain,)
        for name, domain in zip(answered, every, strict=False)
    }
    known = dict.fromkeys(HOSTS, () if before is None else (before,))
    return place([spec_domain(host=host)], HOSTS, found, before=known, strict=strict)


@pytest.mark.parametrize(
    ("there", "host"),
    [
        ((OFF,), "kvm1"),
        ((None, RUNS), "kvm2"),
        ((OFF, RUNS), "kvm2"),
        ((RUNS, OFF, OFF), "kvm1"),
        ((PAUSED, RUNS), "kvm2"),
        ((RUNS, PAUSED), "kvm1"),
        ((OFF, None, PAUSED), "kvm3"),
    ],
    ids=[
        "off",
        "the only one",
        "left over at the source",
        "left over on two",
        "has just left",
        "is about to arrive",
        "paused",
    ],
)
def test_it_is_where_it_runs(there: tuple[HostDomain | None, ...], host: str) -> None:
    found = placed(*there)
    assert found == Placement(placed={"web": Placed(host=host, uuid=ONE, macs=MACS)})


@pytest.mark.parametrize(
    ("there", "why", "remedy"),
    [
        ((RUNS, OTHER), "they are not the same, and have different UUIDs", TAKE_AWAY),
        ((OFF, OTHER), "they are not the same, and have different UUIDs", TAKE_AWAY),
        ((RUNS, RUNS), "it runs on kvm1, kvm2", ONE_NAME),
        ((PAUSED, PAUSED), "it runs on kvm1, kvm2", ONE_NAME),
        ((OFF, OFF), "it runs on none of them", TAKE_AWAY),
    ],
)
def test_where_nothing_tells_which_is_meant_none_is_touched(
    there: tuple[HostDomain, ...], why: str, remedy: str
) -> None:
    found = placed(*there)
    (error,) = found.errors
    assert found.placed == {"web": Placed()}
    assert (error.exit_code, error.about) == (ExitCode.REFUSED, About("domain", "web"))
    assert error.message == (
        f"spec.yaml:4:3: domain web is on kvm1, kvm2: {why}, so that nothing tells which is "
        "meant; it is left alone"
    )
    assert error.hint == f"say so in the spec: host: kvm1; or {remedy}"


@pytest.mark.parametrize("there", [(RUNS, OTHER), (RUNS, RUNS), (OFF, OFF), (OTHER, RUNS)])
def test_the_spec_decides_where_it_says_so(there: tuple[HostDomain, ...]) -> None:
    mine = there[1]
    found = placed(*there, host="kvm2")
    assert found == Placement(placed={"web": Placed(host="kvm2", uuid=mine.uuid, macs=mine.macs)})


@pytest.mark.parametrize("host", ["kvm2", "kvm3", "kvm9"], ids=["has not", "silent", "not asked"])
def test_also_where_it_has_not_been_seen(host: str) -> None:
    assert placed(RUNS, silent=1, host=host) == Placement(placed={"web": Placed(host=host)})


def test_one_that_is_nowhere_is_skipped_or_an_error() -> None:
    text = "domain web is on none of the hosts (kvm1, kvm2, kvm3)"
    assert placed() == Placement(placed={"web": Placed()}, notes=(f"{text}: skipped",))
    (error,) = placed(strict=True).errors
    assert isinstance(error, NotFoundError)
    assert (error.exit_code, error.message) == (ExitCode.FAILED, f"spec.yaml:4:3: {text}")


def test_where_a_host_has_not_answered_it_may_be_there() -> None:
    found = place([spec_domain("web"), spec_domain("db")], HOSTS, {"kvm1": ()}, strict=True)
    assert found == Placement(
        placed={"web": Placed(), "db": Placed()},
        notes=(
            "kvm2, kvm3 have not answered, and no other host has web, db: nothing is done for that",
        ),
    )
    (note,) = placed(silent=1).notes
    assert note.startswith("kvm3 has not answered, and no other host has web")


def test_what_has_been_seen_counts_whoever_is_silent() -> None:
    assert placed(OFF, silent=2).placed["web"].host == "kvm1"


@pytest.mark.parametrize(
    ("before", "seen", "is_meant"),
    [
        (RUNS, OFF, False),
        (RUNS, OTHER, False),
        (OFF, OTHER, False),
        (OFF, OFF, False),
        (RUNS, RUNS, True),
        (RUNS, PAUSED, True),
        (OFF, RUNS, True),
        (None, OFF, True),
    ],
    ids=[
        "left over",
        "another's",
        "another's, and off",
        "off on both",
        "started anew",
        "about to arrive",
        "it has left",
        "no other host had it",
    ],
)
def test_one_that_a_silent_host_had_is_not_taken_for_gone(
    before: HostDomain | None, seen: HostDomain, *, is_meant: bool
) -> None:
    found = placed(seen, silent=1, before=before)
    note = "domain web is on kvm1, and kvm3, which had it, does not answer: it is left alone"
    assert (found.placed["web"].host, found.notes) == (
        ("kvm1", ()) if is_meant else (None, (note,))
    )
    assert placed(seen, silent=1, before=before, host="kvm1").placed["web"].host == "kvm1"


def test_what_a_host_lists() -> None:
    nics = [{"name": "lan", "mac": "52:54:00:00:00:01"}, {"name": None, "mac": None}]
    item = {"name": "web", "uuid": ONE, "id": None, "nics": nics}
    states = [("running", True), ("idle", True), ("paused", True), ("shut off", False)]
    items = [{**item, "state": state, "running": running} for state, running in states]
    assert domains_of({"items": items}) == (RUNS, RUNS, PAUSED, OFF)
