"""One transaction: from the rules that are there to those that have to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.seen.rules import EVERYBODY, LOCALHOST, within
from vnetmgr.nft_json.table import (
    ADDRESSES,
    FAMILY,
    HERE,
    LOCALNET,
    LOOPBACK,
    LOOPBACK_RANGES,
    MARK,
    MASQUERADED,
    PORTS,
    SAME,
    TABLE,
    fixed_part,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.dhcp import IpNetwork
    from vnetmgr.model.seen.rules import LiveRules, Rule
    from vnetmgr.nft_json.table import Json, OwnTable


class _Element(NamedTuple):
    """One element of a map or set, as JSON: texts compare."""

    place: str
    text: str
    is_mapping: bool = True


def transaction(before: LiveRules, after: LiveRules, table: OwnTable | None = None) -> str:
    """What nft is given; it takes all of it, or nothing. No rules: the table goes, unless somebody
    else has something in it.

    Elements that stay are not touched, so that their counters go on. `table`: what is there of
    the table; None: nothing is known of it.
    """
    if not after.rules and not (table is not None and table.others):
        # `add` first: deleting what is not there would fail.
        whole = {"table": {"family": FAMILY, "name": TABLE}}
        return _document([{"add": whole}, {"delete": whole}])
    present, wanted = dict.fromkeys(_elements(before)), dict.fromkeys(_elements(after))
    gone = [each for each in present if each not in wanted]
    new = [each for each in wanted if each not in present]
    if table is not None and table.unmarked:  # sets' elements are all among the halves
        gone = [each for each in gone if each.is_mapping]
        new = [each for each in wanted if each not in present or not each.is_mapping]
    whole_now = table is not None and (table.whole or not after.rules)
    halves = table.halves if table is not None else ()
    return _document(
        [
            *([] if whole_now else fixed_part(table)),
            *(_delete(name, json.loads(key)) for name, key in halves),
            *(_delete(each.place, _key_of(each)) for each in gone),
            *(_add(each) for each in new),
        ]
    )


def awakening() -> str:
    """What wakes up a table that is dormant. By itself: the kernel adds no base chain in the same
    transaction (6.18)."""
    return _document([{"add": {"table": {"family": FAMILY, "name": TABLE}}}])


def _document(commands: list[Json]) -> str:
    """A line for each command: people read it, too."""
    return '{"nftables": [\n' + ",\n".join(map(json.dumps, commands)) + "]}"


def _key_of(element: _Element) -> object:
    found = json.loads(element.text)
    return (found[0] if element.is_mapping else found)["elem"]["val"]


def _delete(name: str, key: object) -> Json:
    return {"delete": {"element": {**HERE, "name": name, "elem": [key]}}}


def _add(element: _Element) -> Json:
    elem = [json.loads(element.text)]
    return {"add": {"element": {**HERE, "name": element.place, "elem": elem}}}


def _elements(live: LiveRules) -> Iterator[_Element]:
    for rule in live.rules:
        yield from _elements_of(rule)
    for passage in live.passages:
        for network in passage.masquerade:
            key = {"concat": [passage.bridge, _prefix(network)]}
            yield _marked(MASQUERADED[network.version], key)
        if passage.localnet:
            # The kernel refuses an interval within another.
            if not within(LOCALHOST, passage.masquerade):
                yield _marked(MASQUERADED[4], {"concat": [passage.bridge, _prefix(LOCALHOST)]})
            yield _marked(LOCALNET, passage.bridge)


def _elements_of(rule: Rule) -> Iterator[_Element]:
    comment = f"{rule.domain} {rule.mac} {rule.bridge}"
    address = str(rule.guest_address)
    for key in _keys(rule):
        elem = {"elem": {"val": key, "comment": comment}}
        if rule.ports > 1:
            yield _Element(SAME[rule.version], json.dumps([elem, address]))
            continue
        yield _Element(ADDRESSES[rule.version], json.dumps([elem, address]))
        yield _Element(PORTS[rule.version], json.dumps([elem, rule.guest_port]))
    if rule.needs_localnet:
        name = LOOPBACK if rule.ports == 1 else LOOPBACK_RANGES
        yield _marked(name, {"concat": [rule.protocol.value, _ports(rule)]})


def _marked(name: str, key: object) -> _Element:
    text = json.dumps({"elem": {"val": key, "comment": MARK}})
    return _Element(name, text, is_mapping=False)


def _ports(rule: Rule) -> object:
    last = rule.host_port + rule.ports - 1
    return rule.host_port if rule.ports == 1 else {"range": [rule.host_port, last]}


def _keys(rule: Rule) -> Iterator[Json]:
    """The keys of a rule: one for each network that may use it."""
    everybody = EVERYBODY[rule.version]
    where: object = _prefix(everybody) if rule.listen is None else str(rule.listen)
    for network in _sources(rule, everybody):
        yield {"concat": [_prefix(network), where, rule.protocol.value, _ports(rule)]}


def _sources(rule: Rule, everybody: IpNetwork) -> Iterable[IpNetwork]:
    return [each for each in rule.allow_from if each.version == rule.version] or (everybody,)


def _prefix(network: IpNetwork) -> object:
    """A network as nft shows it: one address stands alone."""
    if network.prefixlen == network.max_prefixlen:
        return str(network.network_address)
    return {"prefix": {"addr": str(network.network_address), "len": network.prefixlen}}
