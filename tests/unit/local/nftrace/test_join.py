"""Events, put together to packets: over bridges and routes, with NAT, and ids that come again."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from vnetmgr.local.nftrace.join import join
from vnetmgr.local.nftrace.messages import Event, Headers
from vnetmgr.model.path.live import Fate, LiveHop, LivePacket, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = "vntrace_1"
GUEST, HOST, OTHER = map(IPv4Address, ("10.0.0.5", "192.0.2.1", "192.0.2.9"))
WANTED = Wanted(source=GUEST, destination=OTHER, protocol="tcp", port=80)
LINKS = {0: None, 1: "br0", 2: "vnet0", 3: "eth0", 4: "vnet1"}


def packet(source: IPv4Address = GUEST, target: IPv4Address = OTHER, number: int = 1) -> Headers:
    return Headers(source, target, "tcp", 40000, 80, number.to_bytes(2, "big"))


def own(
    id_: int, hook: str, headers: Headers, *, links: tuple[int, int] = (0, 0), traces: bool = False
) -> Iterator[Event]:
    """One of our chains: a rule where it has the packet traced, its end, its policy."""
    family, chain = hook.split()
    first = (id_, family, OWN, chain)
    if traces:
        yield Event(*first, "rule", 6, "continue", *links, headers)
    yield Event(*first, "rule", None, "continue", *links, None if traces else headers)
    yield Event(*first, "policy", None, "accept", 0, 0, None)


def rule(id_: int, verdict: str, headers: Headers | None = None, handle: int = 9) -> Event:
    return Event(id_, "inet", "fw", "flt", "rule", handle, verdict, 1, 3, headers)


def joined(*events: Event, begun: int = 1000) -> tuple[LivePacket, ...]:
    return join(events, OWN, WANTED, LINKS.__getitem__, begun=begun)


def routed(id_: int, number: int = 1, verdict: str = "accept") -> list[Event]:
    """Through a bridge, a route and NAT: with another id from forward on."""
    before, after = packet(number=number), packet(source=HOST, number=number)
    found = [
        *own(id_, "bridge prerouting", before, links=(2, 0), traces=True),
        *own(id_, "inet prerouting", before, links=(1, 0), traces=True),
        *own(id_, "inet answers", before, links=(1, 0)),
        rule(id_ + 1, verdict, before),
    ]
    if verdict == "accept":
        found += own(id_ + 1, "inet forward", before, links=(1, 3))
        found += own(id_ + 1, "inet postrouting", after, links=(0, 3))
    return found


def test_a_routed_packet_is_one_packet() -> None:
    assert joined(*routed(10)) == (
        LivePacket(
            reply=False,
            source=GUEST,
            target=OTHER,
            protocol="tcp",
            source_port=40000,
            target_port=80,
            left_as=(HOST, OTHER),
            in_link="vnet0",
            out_link="eth0",
            hops=(LiveHop("inet", "fw", "flt", 9, "accept"),),
            reached="inet postrouting",
            fate=Fate.PASSED,
        ),
    )


def test_a_drop_is_the_end() -> None:
    (found,) = joined(*routed(10, verdict="drop"))
    assert (found.fate, found.reached) == (Fate.DROPPED, "inet prerouting")
    again = joined(*routed(10, verdict="drop"), *routed(10))
    assert [each.fate for each in again] == [Fate.DROPPED, Fate.PASSED]


def test_who_has_begun_in_time_is_seen_to_his_end_and_nobody_else() -> None:
    first, second = routed(10, 1), routed(20, 2)
    (found,) = joined(*first, *second, begun=3)
    assert found.fate is Fate.PASSED
    assert len(joined(*first, *second, begun=len(first) + 1)) == 2


def test_packets_side_by_side() -> None:
    one, two = routed(10, 1), routed(20, 2, "drop")
    mixed = [event for pair in zip(one, two, strict=False) for event in pair]
    mixed += one[len(two) :] + two[len(one) :]
    assert [each.fate for each in joined(*mixed)] == [Fate.PASSED, Fate.DROPPED]


def test_an_id_that_comes_again_is_another_packet() -> None:
    assert len(joined(*routed(10, 1), *routed(10, 2))) == 2
    assert len(joined(*routed(10, 1), *routed(10, 1))) == 2  # sent once more


def test_a_bridged_packet_and_its_answer() -> None:
    back = packet(source=OTHER, target=GUEST)
    events = (
        *own(10, "bridge prerouting", packet(), links=(2, 0), traces=True),
        *own(10, "bridge postrouting", packet(), links=(0, 4)),
        *own(11, "bridge prerouting", back, links=(4, 0), traces=True),
        *own(11, "bridge postrouting", back, links=(0, 2)),
    )
    there, answer = joined(*events)
    assert (there.reply, there.in_link, there.out_link) == (False, "vnet0", "vnet1")
    assert (answer.reply, answer.in_link, answer.out_link) == (True, "vnet1", "vnet0")
    assert {there.fate, answer.fate} == {Fate.PASSED}


def test_what_iptables_legacy_drops_is_lost() -> None:
    """With br_netfilter: IP's rules have their say after the bridge's."""
    ways = [
        ("bridge prerouting", "inet prerouting", "inet forward"),
        ("bridge prerouting", "inet prerouting", "inet forward", "bridge postrouting"),
        ("bridge prerouting", "bridge input", "inet prerouting"),
    ]
    for way in ways:
        events = [event for hook in way for event in own(1, hook, packet(), traces=hook == way[0])]
        (found,) = joined(*events)
        assert (found.fate, found.reached) == (Fate.LOST, way[-1])


def test_others_traces_and_what_has_no_beginning_are_none() -> None:
    foreign = [*own(5, "inet forward", packet(number=9)), rule(5, "accept")]
    assert joined(*foreign, rule(77, "drop")) == ()


def test_an_answer_that_nat_leads_back() -> None:
    before, after = packet(OTHER, HOST), packet(OTHER, GUEST)
    events = (
        *own(1, "inet prerouting", before, links=(3, 0)),
        *own(1, "inet answers", before, links=(3, 0), traces=True),
        *own(2, "inet forward", after, links=(3, 1)),
        *own(2, "inet postrouting", after, links=(0, 1)),
        *own(2, "bridge output", after, links=(0, 2)),
        *own(2, "bridge postrouting", after, links=(0, 2)),
    )
    (found,) = joined(*events)
    assert (found.reply, found.left_as) == (True, (OTHER, GUEST))
    assert (found.in_link, found.out_link) == ("eth0", "vnet0")
