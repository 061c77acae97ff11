"""One transaction: from the rules that are there to those that have to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vnetmgr.model.rules import EVERYBODY, LOCALHOST, within
from vnetmgr.nft_json.table import (
    ADDRESSES,
    FAMILY,
    HERE,
    LOCALNET,
    LOOPBACK,
    MASQUERADED,
    PORTS,
    TABLE,
    fixed_part,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.dhcp import IpNetwork
    from vnetmgr.model.rules import LiveRules, Rule
    from vnetmgr.nft_json.table import Json

_Element = tuple[str, str]
"""The map or set, and one element of it as JSON: texts compare."""


def transaction(before: LiveRules, after: LiveRules) -> str:
    """What nft is given; it takes all of it, or nothing. No rules: the table goes.

    Elements that stay are not touched, so that their counters go on; but where somebody else's
    are among them, all is made anew.
    """
    table: Json = {"table": {"family": FAMILY, "name": TABLE}}
    # `add` first: deleting what is not there would fail.
    no_table: list[Json] = [{"add": table}, {"delete": table}]
    if not after.rules:
        return _document(no_table)
    if before.stray:
        wanted = dict.fromkeys(_elements(after))
        return _document([*no_table, *fixed_part(), *(_command("add", each) for each in wanted)])
    present, wanted = dict.fromkeys(_elements(before)), dict.fromkeys(_elements(after))
    gone = [each for each in present if each not in wanted]
    new = [each for each in wanted if each not in present]
    return _document(
        [
            *fixed_part(),
            *(_command("delete", each) for each in gone),
            *(_command("add", each) for each in new),
        ]
    )


def _document(commands: list[Json]) -> str:
    return json.dumps({"nftables": commands})


def _command(verb: str, element: _Element) -> Json:
    name, text = element
    found = json.loads(text)
    if verb == "delete" and isinstance(found, list):
        found = found[0]["elem"]["val"]  # by its key
    return {verb: {"element": {**HERE, "name": name, "elem": [found]}}}


def _elements(live: LiveRules) -> Iterator[_Element]:
    for rule in live.rules:
        for key in _keys(rule):
            comment = f"{rule.domain} {rule.mac} {rule.bridge}"
            elem = {"elem": {"val": key, "comment": comment}}
            target = [elem, str(rule.guest_address)]
            yield ADDRESSES[rule.version], json.dumps(target)
            yield PORTS[rule.version], json.dumps([elem, rule.guest_port])
        if rule.loopback and rule.version == 4:
            yield LOOPBACK, json.dumps({"concat": [rule.protocol.value, rule.host_port]})
    for passage in live.passages:
        for network in passage.masquerade:
            name = MASQUERADED[network.version]
            yield name, json.dumps({"concat": [passage.bridge, _prefix(network)]})
        if passage.localnet:
            # The kernel refuses an interval within another.
            if not within(LOCALHOST, passage.masquerade):
                key = {"concat": [passage.bridge, _prefix(LOCALHOST)]}
                yield MASQUERADED[4], json.dumps(key)
            yield LOCALNET, json.dumps(passage.bridge)


def _keys(rule: Rule) -> Iterator[Json]:
    """The keys of a rule: one for each network that may use it."""
    everybody = EVERYBODY[rule.version]
    where: object = _prefix(everybody) if rule.listen is None else str(rule.listen)
    for network in _sources(rule, everybody):
        yield {"concat": [_prefix(network), where, rule.protocol.value, rule.host_port]}


def _sources(rule: Rule, everybody: IpNetwork) -> Iterable[IpNetwork]:
    return [each for each in rule.allow_from if each.version == rule.version] or (everybody,)


def _prefix(network: IpNetwork) -> object:
    """A network as nft shows it: one address stands alone."""
    if network.prefixlen == network.max_prefixlen:
        return str(network.network_address)
    return {"prefix": {"addr": str(network.network_address), "len": network.prefixlen}}
