"""Where what a command names is, by what the hosts have listed."""

from __future__ import annotations

from typing import Any

import pytest

from vnetmgr.command import Called, called_as
from vnetmgr.errors import ExitCode, NotFoundError, RefusedError, VnetError
from vnetmgr.fleet.answer import Answer
from vnetmgr.fleet.find import There

ONE, TWO = ("6695eb01-f6a4-8304-79aa-97f2502e1931", "6695eb01-f6a4-8304-79aa-97f2502e1932")


def domain(name: str, uuid: str = ONE, number: int | None = 1, state: str = "running") -> Any:
    """As list-domains has it; without a number it is off."""
    state = "shut off" if number is None else state
    running = number is not None
    return {
        "name": name,
        "uuid": uuid,
        "id": number,
        "state": state,
        "running": running,
        "nics": [],
    }


def there(**hosts: list[Any] | None) -> There:
    """What hosts have; None: no answer."""
    answers = (
        Answer(host=host, code=ExitCode.DONE, document={"items": items})
        if items is not None
        else Answer(host=host, code=ExitCode.FAILED, error=VnetError("it is off"))
        for host, items in hosts.items()
    )
    return There.of("domain", tuple(answers))


@pytest.mark.parametrize(
    ("word", "host"),
    [("web1", "a"), ("db1", "b"), (TWO, "b"), (TWO.replace("-", "").upper(), "b"), ("7", "b")],
)
def test_a_domain_is_found_by_name_uuid_or_id(word: str, host: str) -> None:
    found = there(a=[domain("web1")], b=[domain("db1", TWO, 7), domain("web10")])
    assert found.host_of(word) == (host, ())


@pytest.mark.parametrize(
    ("a", "b", "host"),
    [
        (domain("web1"), domain("web1", number=None), "a"),
        (domain("web1", number=None), domain("web1"), "b"),
        # One that is about to arrive is paused.
        (domain("web1"), domain("web1", state="paused"), "a"),
        (domain("web1", state="paused"), domain("web1", number=None), "a"),
    ],
)
def test_of_one_uuid_the_one_that_runs_is_meant_and_the_others_are_named(
    a: Any, b: Any, host: str
) -> None:
    other = {"a": "b", "b": "a"}[host]
    found, notes = there(a=[a], b=[b]).host_of("web1")
    assert found == host
    assert notes == (f"domain web1 is meant where it runs, on {host}; also on {other}",)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (domain("web1"), domain("web1", TWO, None)),  # another one of that name
        (domain("web1"), domain("web1")),
        (domain("web1", number=None), domain("web1", number=None)),
    ],
)
def test_where_nothing_tells_which_is_meant_it_is_refused(a: Any, b: Any) -> None:
    with pytest.raises(RefusedError, match="domain web1 is on a, b") as raised:
        there(a=[a], b=[b]).host_of("web1")
    assert raised.value.hint == "name the host: --host a or --host b"


def test_an_id_that_two_domains_have_is_refused() -> None:
    with pytest.raises(RefusedError, match="domain 1 is on a, b"):
        there(a=[domain("web1")], b=[domain("db1", TWO)]).host_of("1")


def test_who_has_not_answered_may_have_it() -> None:
    found = there(a=[domain("web1")], b=None)
    assert found.host_of("web1") == ("a", ("domain web1 was not looked for on b: no answer",))
    with pytest.raises(VnetError, match="no domain db1 on a") as raised:
        found.host_of("db1")
    assert not isinstance(raised.value, NotFoundError)
    assert raised.value.hint == "b did not answer, and may have it"


def test_what_is_on_no_host_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="no domain db1 on a, b"):
        there(a=[domain("web1")], b=[]).host_of("db1")


def test_lists_are_asked_of_the_hosts_that_have_something_of_it() -> None:
    found = there(a=[domain("web1"), domain("web2", TWO, 2)], b=[domain("db1", TWO)], c=[])
    assert found.words_on(("web1", "web*", "db1")) == {"a": ("web1", "web*"), "b": ("db1",)}
    with pytest.raises(NotFoundError) as raised:
        found.words_on(("web1", "x1", "y*"))
    assert [each.text for each in raised.value.problems] == [
        "no domain x1 on a, b, c",
        "no domain y* on a, b, c",
    ]


def test_where_nothing_is_found_a_list_of_the_same_hosts_is_named() -> None:
    found = There("domain", {"kvm1": []}, ())
    told = Called(hosts_file="my hosts.yaml", hosts=("kvm*",))
    with called_as(told), pytest.raises(NotFoundError) as raised:
        found.host_of("web1")
    command = "vnetmgr list-domains --hosts 'my hosts.yaml' --host 'kvm*'"
    assert raised.value.hint == f"{command} shows what there is"


def test_networks_go_by_their_names_alone() -> None:
    items = [{"name": "lab", "uuid": ONE}, {"name": "7", "uuid": None}]
    answer = Answer(host="a", code=ExitCode.DONE, document={"items": items})
    found = There.of("network", (answer,))
    assert found.words_on(("lab", "7")) == {"a": ("lab", "7")}
    with pytest.raises(NotFoundError, match="no network 6695"):
        found.words_on((ONE,))
