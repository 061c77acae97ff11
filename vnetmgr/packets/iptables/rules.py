"""iptables' rules as steps, and the tables of its old kind as chains."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vnetmgr.packets.iptables.matches import Asking, match_step, reverse_path
from vnetmgr.packets.iptables.options import Option, options_of
from vnetmgr.packets.iptables.saved import SavedRule, SavedTable, read_saved
from vnetmgr.packets.iptables.targets import target_step
from vnetmgr.packets.owners import owner_of
from vnetmgr.packets.rules import Chain, Decision, Maybe, Rule, always, tie
from vnetmgr.packets.values import Unevaluable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from vnetmgr.packets.rules import Step
    from vnetmgr.packets.surroundings import Surroundings

# What a rule may hold that somebody else wrote, or a later iptables.
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, StopIteration)
# Matches whose options are all there is to them.
_NAMING_ONLY = frozenset(
    {"comment", "tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmp6", "limit", "standard"}
)
_HOOKS = {
    "PREROUTING": "prerouting",
    "INPUT": "input",
    "FORWARD": "forward",
    "OUTPUT": "output",
    "POSTROUTING": "postrouting",
}
_PRIORITIES = {"raw": -300, "mangle": -150, "filter": 0, "security": 50}
_FIRST_NAT = {"PREROUTING": -100, "OUTPUT": -100, "INPUT": 100, "POSTROUTING": 100}
_FAMILIES = {4: "iptables-legacy", 6: "ip6tables-legacy"}


def steps_of(words: Sequence[str], asking: Asking, chains: Collection[str]) -> tuple[Step, ...]:
    """A rule's steps; what is not known is a step of its own, by name."""
    return tuple(_steps(list(options_of(words)), asking, chains))


def _steps(options: Sequence[Option], asking: Asking, chains: Collection[str]) -> Iterator[Step]:
    target = next((at for at, each in enumerate(options) if each.name in ("-j", "-g")), None)
    modules = {each.values[0] for each in options[:target] if each.name == "-m" and each.values}
    for option in options[:target]:
        yield from _guarded(partial(match_step, option, asking), option)
    yield from _bare_modules(modules, options[:target], asking)
    if target is not None:
        make = partial(_target, options[target:], asking, chains)
        yield from _guarded(make, options[target])


def _bare_modules(modules: set[str], options: Sequence[Option], asking: Asking) -> Iterator[Step]:
    """Matches that ask for something by their name alone."""
    for name in sorted(modules - _NAMING_ONLY):
        mine = {each.name for each in options if each.module == name}
        if name == "rpfilter" and "--loose" not in mine:
            yield reverse_path(asking, negated="--invert" in mine)
        elif not mine or name == "rpfilter":
            yield always(Maybe(f"the match {name} of iptables"))


def _target(options: Sequence[Option], asking: Asking, chains: Collection[str]) -> Step | None:
    name = options[0].values[0]
    if options[0].name == "-g":
        return always(Decision("goto", name))
    return target_step(name, {each.name: each for each in options}, asking, chains)


def _guarded(make: Callable[[], Step | None], option: Option) -> Iterator[Step]:
    try:
        step = make()
    except Unevaluable as what:
        step = always(Maybe(str(what)))
    except _UNREADABLE:
        step = always(Maybe(f"{option.name} {' '.join(option.values)}"[:80]))
    if step is not None:
        yield step


def legacy_chains(text: str, version: int, around: Surroundings) -> list[Chain]:
    """The chains of what iptables-legacy-save lists."""
    asking, family = Asking(version, around), _FAMILIES[version]
    found: list[Chain] = []
    for table in read_saved(text).values():
        chains = {name: _chain(family, table, name) for name in table.rules}
        for name, chain in chains.items():
            chain.layers = (asking.ip,)
            chain.make_rules = partial(_rules, table.rules[name], asking, chains)
        tie(chains)
        found += chains.values()
    return found


def _rules(saved: Sequence[SavedRule], asking: Asking, chains: Collection[str]) -> list[Rule]:
    return [Rule(steps_of(each.words, asking, chains), each.text) for each in saved]


def _chain(family: str, table: SavedTable, name: str) -> Chain:
    chain = Chain(family, table.name, name, owner_of(family, table.name, name))
    policy = table.policies.get(name)
    if policy is not None and name in _HOOKS:
        chain.hook, chain.policy = _HOOKS[name], policy
        is_nat = table.name == "nat"
        chain.type = "nat" if is_nat else "filter"
        chain.priority = _FIRST_NAT[name] if is_nat else _PRIORITIES[table.name]
    return chain
