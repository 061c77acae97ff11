"""What an event touches, what of a spec that is, and who an error is about."""

from __future__ import annotations

import pytest

from tests.unit.watch.wanted import address, network, nic, spec
from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.host.events import Event
from vnetmgr.model.desired import Desired, Elsewhere
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.plan import Action, Change, ObjectKind, Outcome, Report, Result
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import EVERY
from vnetmgr.planner import scope_of
from vnetmgr.planner.restrict import FORWARDS
from vnetmgr.problem import About
from vnetmgr.watch.agenda import Due
from vnetmgr.watch.news import News
from vnetmgr.watch.touched import HOST, Key, problems, restrict, touched

NOBODY = Key("domain", "nobody")
WEB, DB, LAB = Key("domain", "web"), Key("domain", "db"), Key("network", "lab")
SPEC = spec(
    network("lab", bridge="virbr9"),
    network("other"),
    nic("web", "lan", bridge="br0"),
    nic("web", "mgmt", network="lab"),
    nic("db", "lan", bridge="br1"),
    nic("db", "mgmt", network="lab"),
    nic("tv", "lan", bridge="virbr9"),
    nic("far", "lan", network="default"),
    address("lab", 10, "web", "mgmt"),
    address("lab", 11, "db", "mgmt"),
    address("lab", 99),
)


def event(kind: str, name: str, what: str) -> Event:
    return Event(kind=kind, name=name, what=what)  # type: ignore[arg-type]  # a literal


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("defined", set()),
        ("started", set()),
        ("device-added", set()),
        ("stopped", {Key("domain", "gone"), FORWARDS}),
        ("undefined", {Key("domain", "gone"), FORWARDS}),
    ],
)
def test_of_a_domain_that_is_elsewhere_only_its_end_here_matters(
    what: str, expected: set[Key]
) -> None:
    here = spec(nic("web", "lan", bridge="br0"), elsewhere=(Elsewhere(name="gone", host="kvm2"),))
    keys = touched(event("domain", "gone", what), here)
    assert keys == expected
    part = restrict(here, keys).spec
    assert part is not None
    assert bool(part.elsewhere) == bool(expected)


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        (event("domain", "web", "started"), {WEB}),
        (event("domain", "web", "device-removed"), {WEB}),
        (event("domain", "web", "metadata"), {WEB}),
        (event("domain", "web", "suspended"), set()),
        (event("domain", "nobody", "started"), {NOBODY}),
        (event("domain", "nobody", "device-added"), {NOBODY}),
        (event("domain", "nobody", "metadata"), set()),
        (event("domain", "nobody", "stopped"), {FORWARDS}),
        (event("domain", "web", "undefined"), {FORWARDS}),
        (event("domain", "lab", "started"), {Key("domain", "lab")}),
        (event("network", "lab", "stopped"), {LAB}),
        (event("network", "other", "started"), {Key("network", "other")}),
        (event("network", "default", "started"), {Key("network", "default")}),
        (event("network", "nobody", "started"), {Key("network", "nobody")}),
        (event("network", "nobody", "stopped"), set()),
        (event("network", "vnetmgr-hop-lab", "started"), set()),
        (event("domain", "nobody", "undefined"), {FORWARDS}),
        (Event(kind="rules", name=None, what="changed"), {FORWARDS}),
        (Event(kind="lost", name=None, what="it was closed"), set()),
    ],
    ids=lambda each: f"{each.name} {each.what}" if isinstance(each, Event) else "",
)
def test_an_event_touches_what_the_spec_names_and_forwards_of_others(
    happened: Event, expected: set[Key]
) -> None:
    assert touched(happened, SPEC) == expected


def test_where_forwards_are_not_looked_after_nobody_else_is_touched() -> None:
    wanted = spec(*SPEC.nics, forwards=False)
    assert touched(event("domain", "web", "started"), wanted) == {WEB}
    assert touched(event("domain", "nobody", "started"), wanted) == set()
    assert touched(event("network", "nobody", "started"), wanted) == set()
    assert touched(Event(kind="rules", name=None, what="changed"), wanted) == set()


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("started", {NOBODY}),
        ("resumed", {NOBODY}),
        ("device-added", {NOBODY}),
        ("device-removed", {NOBODY}),
        ("defined", {NOBODY}),
        ("stopped", {NOBODY}),
        ("undefined", {NOBODY}),
        ("suspended", set()),
        ("metadata", set()),
    ],
)
def test_who_the_spec_does_not_name_may_be_on_one_of_its_overlays(
    what: str, expected: set[Key]
) -> None:
    there = spec(network("blue", mode=NetworkMode.OVERLAY), forwards=False)
    assert touched(event("domain", "nobody", what), there) == expected
    nowhere = spec(network("blue", mode=NetworkMode.NAT), forwards=False)
    assert touched(event("domain", "nobody", what), nowhere) == set()


@pytest.mark.parametrize(
    ("keys", "domains", "everybody"),
    [
        ({NOBODY}, ["nobody"], False),
        ({WEB, NOBODY}, ["web", "nobody"], False),
        ({WEB}, ["web"], False),
        ({Key("network", "nobody")}, [], True),
        ({NOBODY, Key("network", "nobody")}, ["nobody"], True),
    ],
)
def test_who_may_have_lost_forwards_is_looked_at_and_everybody_only_for_a_network(
    keys: set[Key], domains: list[str], *, everybody: bool
) -> None:
    scope = scope_of(restrict(SPEC, frozenset(keys)))
    assert scope.optional_domains == tuple(domains)
    assert (scope.forwards, scope.forwards_of_these) == (everybody, not everybody)
    assert scope.all_domains is False
    assert scope_of(restrict(SPEC, frozenset(keys), forwards=True)).forwards


def test_a_domain_that_the_spec_does_not_name_is_not_pruned_at_an_event() -> None:
    part = restrict(spec(*SPEC.nics, prune_all=True), frozenset({WEB, NOBODY})).spec
    assert part is not None
    assert part.prune_domains == {"web"}
    assert [name for name, _ in part.domains] == ["web"]


def test_a_nic_whose_source_is_unmanaged_may_be_on_any_network() -> None:
    wanted = spec(nic("web", "lan", mac="52:54:00:00:00:01"))
    assert touched(event("network", "any", "started"), wanted)
    part = restrict(wanted, frozenset({Key("network", "any")}))
    assert part.nics == wanted.nics


def names(part: Desired) -> tuple[list[str], list[str], list[str]]:
    """Networks, nics and addresses of a part."""
    assert part.spec is not None
    assert {each.domain for each in part.nics} <= {name for name, _ in part.spec.domains}
    return (
        [want.name for want in part.networks],
        [f"{want.domain}/{want.spec_name}" for want in part.nics],
        [str(want.address).rpartition(".")[2] for want in part.addresses],
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({WEB}, ([], ["web/lan", "web/mgmt"], ["10"])),
        ({WEB, DB}, ([], ["web/lan", "web/mgmt", "db/lan", "db/mgmt"], ["10", "11"])),
        ({LAB}, (["lab"], ["web/mgmt", "db/mgmt", "tv/lan"], ["10", "11", "99"])),
        ({Key("network", "default")}, ([], ["far/lan"], [])),
        ({Key("network", "other")}, (["other"], [], [])),
        ({WEB, Key("network", "other")}, (["other"], ["web/lan", "web/mgmt"], ["10"])),
        (set(), ([], [], [])),
    ],
)
def test_a_part_has_all_of_what_it_is_about(
    keys: set[Key], expected: tuple[list[str], list[str], list[str]]
) -> None:
    assert names(restrict(SPEC, frozenset(keys))) == expected


def test_a_networks_complete_list_of_reservations_is_only_looked_at_as_a_whole() -> None:
    """It has no others than the spec's: with a part of the nics, it would lose some."""
    wanted = replace(
        SPEC,
        networks=(network("lab", reservations=()), network("other")),
        # Its nic is found by MAC, and says nothing of its source.
        nics=(*SPEC.nics, nic("odd", "lan", mac="52:54:00:00:00:01")),
        addresses=(*SPEC.addresses, address("lab", 12, "odd", "lan")),
    )
    by_domain = restrict(wanted, frozenset({WEB}))
    assert by_domain.networks == ()
    by_network = restrict(wanted, frozenset({LAB}))
    assert [want.name for want in by_network.networks] == ["lab"]
    assert by_network.addresses == wanted.addresses
    reserved = {(want.domain, want.nic) for want in wanted.addresses if want.domain}
    assert reserved <= {(want.domain, want.spec_name) for want in by_network.nics}


def test_a_part_prunes_only_domains_that_are_in_it_with_all_their_nics() -> None:
    everywhere = spec(*SPEC.networks, *SPEC.nics, prune_all=True)
    part = restrict(everywhere, frozenset({WEB, LAB})).spec
    assert part is not None
    assert (part.prune_all, part.prune_domains) == (False, frozenset({"web"}))
    one = spec(*SPEC.networks, *SPEC.nics, prune_domains=frozenset({"db"}), strict=True)
    part = restrict(one, frozenset({WEB, LAB})).spec
    assert part is not None
    assert (part.prune_all, part.prune_domains, part.strict) == (False, frozenset(), True)
    whole = restrict(one, frozenset({DB})).spec
    assert whole is not None
    assert whole.prune_domains == {"db"}


def failed(
    domain: str | None,
    kind: str,
    name: str,
    result: Result = Result.FAILED,
    error: str = "",
    network: str | None = None,
) -> Outcome:
    """An outcome of a report."""
    change = Change(
        action=Action.UPDATE,
        object=ObjectKind(kind),
        domain=domain,
        name=name,
        network=network,
        scope=(),
    )
    return Outcome(change=change, result=result, error=error or None)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (About("domain", "web"), WEB),
        (About("nic", "lan", "web", "mtu"), WEB),
        (About("forward", "8080/tcp", "web"), WEB),
        (About("domain", "webby"), HOST),
        (About("nic", "web", "webby"), HOST),
        (About("network", "lab", field="addresses"), LAB),
        (About("network", "web"), HOST),
        (About("forward", "8080/tcp"), HOST),
        (None, HOST),
    ],
)
def test_an_error_is_of_whom_it_is_about(about: About | None, expected: Key) -> None:
    found = problems(
        SPEC, Report(host="h", errors=(VnetError("the text says nothing", about=about),))
    )
    assert list(found) == [expected]


def test_what_failed_is_found_by_its_change() -> None:
    error = RefusedError("the text says nothing", about=About("nic", "lan", "web"))
    report = Report(
        host="h",
        errors=(error,),
        outcomes=(
            failed("web", "nic", "lan", error=error.message),
            failed("db", "nic", "lan", Result.SKIPPED),
            failed(None, "address", "52:54:00:00:00:01", Result.UNDONE, network="lab"),
            failed("tv", "nic", "lan", Result.DONE),
            failed("far", "nic", "lan", Result.WAITING),
        ),
    )
    assert problems(SPEC, report) == {WEB: [error], DB: [], LAB: []}


def test_a_thing_is_said_once_and_again_when_it_was_no_longer_so() -> None:
    told, once, other = News(), VnetError("no slot"), VnetError("no bridge")
    web, full = Due(keys=frozenset({WEB})), Due(full=True)
    assert told.errors(web, {WEB: [once]}) == [once]
    assert told.errors(full, {WEB: [once], DB: [other]}) == [other]
    assert told.errors(web, {}) == []
    assert told.errors(full, {WEB: [once], DB: [other]}) == [once]
    assert told.errors(full, {}) == []
    assert told.errors(full, {HOST: [once]}) == [once]
    assert told.errors(web, {WEB: [once]}) == []
    assert told.notes(full, ["held", "held"]) == ("held",)
    assert told.notes(web, []) == ()
    assert told.notes(full, ["held"]) == ()
    assert told.notes(full, []) == ()
    assert told.notes(web, ["held"]) == ("held",)


def test_what_fails_again_in_the_same_way_is_said_once() -> None:
    told = News()
    web, full = Due(keys=frozenset({WEB})), Due(full=True)
    again = failed("web", "nic", "lan", error="no slot")
    other = failed("web", "nic", "lan", error="no bridge")
    done = failed("web", "nic", "lan", Result.DONE)
    skipped = failed("db", "nic", "lan", Result.SKIPPED)
    waiting = failed("tv", "nic", "lan", Result.WAITING)
    assert told.outcomes(web, [again, waiting]) == (again, waiting)
    for _ in range(40):
        assert told.outcomes(web, [again, done]) == (done,)
    assert told.outcomes(full, [again, skipped]) == (skipped,)
    assert told.outcomes(web, [other]) == (other,)
    assert told.outcomes(full, [skipped]) == ()
    assert told.outcomes(full, [again]) == (again,)
    assert told.outcomes(full, [skipped]) == (skipped,)


def test_a_part_about_somebody_else_looks_at_the_overlays_of_the_whole() -> None:
    whole = spec(network("blue", mode=NetworkMode.OVERLAY), network("lab"), forwards=False)
    part = restrict(whole, frozenset({NOBODY}))
    assert part.spec is not None
    assert (part.networks, part.spec.overlays, part.spec.others) == ((), ("blue",), ("nobody",))
    scope = scope_of(part)
    assert (scope.overlays, scope.networks) == (True, (EVERY,))
    assert restrict(part, frozenset({NOBODY})).spec == part.spec
    plain = scope_of(restrict(spec(network("lab"), forwards=False), frozenset({NOBODY})))
    assert (plain.overlays, plain.networks) == (False, ())
