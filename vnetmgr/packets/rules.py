"""What a rule is made of, whoever wrote it: steps that are taken one by one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from vnetmgr.packets.owners import owner_of_policy
from vnetmgr.packets.packet import Hop

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.packets.world import World


class Maybe(NamedTuple):
    """It cannot be told whether the packet matches; `name` says why."""

    name: str


class Decision(NamedTuple):
    """What a rule does with a packet that it matches: accept, drop, reject, return, jump, goto, or
    unknown: what becomes of it is up to something that is not seen."""

    kind: str
    chain: str = ""
    """Where it jumps to; why it is unknown."""
    said: str = ""
    """What it does besides: `masquerade`."""

    def __str__(self) -> str:
        return self.said or f"{self.kind} {self.chain}".strip()


Step: TypeAlias = "Callable[[World], bool | Maybe | Decision]"
"""True: on to the next step; False: on to the next rule."""


class Rule(NamedTuple):
    """One rule."""

    steps: tuple[Step, ...]
    text: str
    handle: int | None = None


class Chain:
    """A chain with its rules; what makes it a base chain is in `hook`."""

    def __init__(self, family: str, table: str, name: str, owner: str) -> None:
        self.family, self.table, self.name, self.owner = family, table, name, owner
        self.make_rules: Callable[[], list[Rule]] = list
        self.chains: dict[str, Chain] = {}
        """Those of its table, to jump to."""
        self.layers: tuple[str, ...] = (family,)
        """Whose hooks it is at: ip and ip6 for inet."""
        self.type, self.hook, self.priority, self.policy = "filter", "", 0, "accept"
        self.policy_owner = owner
        self.devices: tuple[str, ...] | None = ()
        """Of netdev's: the links; None: not listed."""

    @cached_property
    def rules(self) -> list[Rule]:
        """Made when a packet first gets here: few see more than a few chains."""
        return self.make_rules()

    @property
    def is_legacy(self) -> bool:
        """Whether it is iptables' of the old kind."""
        return self.family.endswith("-legacy")

    @property
    def place(self) -> str:
        """What it is called."""
        return f"{self.family} {self.table} {self.name}"

    def note(
        self,
        world: World,
        rule: str,
        verdict: str,
        handle: int | None = None,
        owner: str | None = None,
    ) -> None:
        """One of its rules has had a say, or its policy."""
        hop = Hop(
            family=self.family,
            table=self.table,
            chain=self.name,
            rule=rule,
            verdict=verdict,
            owner=owner or self.owner,
            handle=handle,
            hook=world.place.hook,
        )
        world.trail = (*world.trail, hop)

    def end(self, world: World) -> str:
        """What its policy does with what got through."""
        self.note(world, f"policy {self.policy}", self.policy, owner=self.policy_owner)
        return self.policy if self.policy in ("accept", "drop") else "unknown"


def always(result: bool | Maybe | Decision) -> Step:  # noqa: FBT001 - what the step answers
    """A step that does not look at the packet."""
    return lambda _: result


def tie(chains: dict[str, Chain]) -> None:
    """The chains of one table know each other."""
    for chain in chains.values():
        chain.chains = chains
        chain.policy_owner = owner_of_policy(chain.family, chain.table, chain.name, chains)
