"""What was observed, looked up by name."""

from __future__ import annotations

from collections.abc import Iterator

from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed


class Counted(tuple[SeenDomain, ...]):
    """Domains that count how often somebody goes through them."""

    passes = 0

    def __iter__(self) -> Iterator[SeenDomain]:
        Counted.passes += 1
        return super().__iter__()


def domains(*names: str) -> Counted:
    return Counted(SeenDomain(name=name, uuid=name) for name in names)


def test_many_look_ups_go_through_the_domains_once() -> None:
    names = [f"vm{number}" for number in range(100)]
    observed = Observed(uri="", host="", domains=domains(*names))
    Counted.passes = 0
    assert [found.name for name in names if (found := observed.domain(name))] == names
    assert observed.domain("vm100") is None
    assert Counted.passes == 1


def test_a_copy_with_other_domains_finds_those() -> None:
    observed = Observed(uri="", host="", domains=domains("a"))
    assert observed.domain("a") is not None
    other = replace(observed, domains=domains("b"))
    assert (other.domain("a"), other.domain("b")) == (None, other.domains[0])
    assert observed == Observed(uri="", host="", domains=domains("a"))
