import pytest

from vnetmgr.errors import SpecError, UsageError
from vnetmgr.model.spec import Placed
from vnetmgr.spec.files import SpecText
from vnetmgr.spec.placed import Bundle, bundle_document
from vnetmgr.watch.orders import NOTHING, Orders

SPEC = """\
version: 1
domains:
  web1: {nics: {lan: {bridge: br0}}}
  db1: {host: kvm2, nics: {lan: {bridge: br0}}}
"""


def told(text: str = SPEC, **hosts: str | None) -> dict[str, object]:
    placed = {name: Placed(host=host) for name, host in hosts.items()}
    return bundle_document(Bundle(files=(SpecText("site.yaml", text),), placed=placed))


def here(orders: Orders) -> list[str]:
    """The domains that are looked after."""
    spec = orders.load().spec
    assert spec is not None
    return [name for name, _ in spec.domains]


def orders(host: str = "kvm1") -> Orders:
    return Orders(host, strict=False, prune=False)


def test_nothing_is_wanted_before_anything_was_told() -> None:
    assert orders().load() is NOTHING


def test_a_domain_is_looked_after_where_it_is() -> None:
    first, second = orders("kvm1"), orders("kvm2")
    for host, of_first, of_second in (
        ("kvm1", ["web1"], ["db1"]),
        ("kvm2", [], ["web1", "db1"]),
        (None, [], ["db1"]),
    ):
        for each in (first, second):
            each.tell(told(web1=host))
        assert (here(first), here(second)) == (of_first, of_second)


def test_what_changes_nothing_here_is_the_very_same() -> None:
    each = orders("kvm2")
    each.tell(told(web1="kvm1", db1="kvm2"))
    before = each.load()
    each.tell(told(web1="kvm1", db1="kvm2", other="kvm2"))
    assert each.load() is before
    each.tell(told(SPEC.replace("br0}}}\n  db1", "br1}}}\n  db1"), web1="kvm2"))
    assert each.load() is not before


def test_what_is_not_told_again_stays() -> None:
    each = orders("kvm2")
    each.tell(told(web1="kvm1"))
    each.tell({"placed": told(web1="kvm2")["placed"]})
    assert here(each) == ["web1", "db1"]


def test_what_is_wrong_is_left_out_and_the_rest_is_wanted() -> None:
    each = orders("kvm2")
    each.tell(told(SPEC.replace("lan: {bridge: br0}", "lan: {bridge: ''}", 1), web1="kvm2"))
    assert here(each) == ["db1"]
    spec = each.load().spec
    assert spec is not None
    assert [problem.place and problem.place.file for problem in spec.problems] == ["site.yaml"]


def test_where_nothing_is_sound_nothing_is_wanted() -> None:
    each = orders()
    each.tell(told("no spec"))
    with pytest.raises(SpecError):
        each.load()


def test_what_cannot_be_read_is_no_spec() -> None:
    each = orders()
    each.tell({"version": 1})
    with pytest.raises(UsageError, match="cannot be read"):
        each.load()
