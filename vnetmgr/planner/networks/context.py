"""What is around one want of a network while it is planned, and what all of them need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NoNetworkError, RefusedError, VnetError
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import did_you_mean
from vnetmgr.model.network import HOP
from vnetmgr.model.network_want import network_differences
from vnetmgr.model.options.addressing import static_dhcp6_notes
from vnetmgr.model.plan import Change, Disruption, ObjectKind
from vnetmgr.model.record import Record
from vnetmgr.model.seen.guests import left_bridge
from vnetmgr.model.show import show
from vnetmgr.model.state import State
from vnetmgr.planner.context import field_changes, links_of, ordered
from vnetmgr.problem import About, Option, Worded, behind, in_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.desired import Policy
    from vnetmgr.model.dhcp import Reservation
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch, NetworkWant
    from vnetmgr.model.patch import Differences
    from vnetmgr.model.plan import Action
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.networks.draft import NetworkDraft
    from vnetmgr.problem import Problem


class NetworkContext(Record):
    """Everything around one want."""

    observed: Observed
    policy: Policy
    draft: NetworkDraft

    @property
    def name(self) -> str:
        """The network's name."""
        return self.draft.name

    def value(self, state: State) -> Network:
        """The network in a state that it has."""
        found = self.draft.value(state)
        if found is None:
            raise ValueError(f"network {self.name} has no {state}")
        return found


def missing_network(name: str, observed: Observed) -> NoNetworkError:
    """The error of a network that is not there."""
    guess = did_you_mean(name, [seen.name for seen in observed.networks])
    return NoNetworkError(
        name,
        f"network {name} does not exist on {observed.uri}.{guess}".removesuffix("."),
        f"`{Command('list-networks')}` shows those there are",
        about=About("network", name),
    )


def refuse_another(want: NetworkWant, present: Network, asked: NetworkPatch) -> None:
    """Refuse what is to be made and is there, but is not as asked."""
    if what := _conflicts(present, asked):
        raise RefusedError(
            f"network {want.name} exists already, and {what}",
            f"change it: {Command('update-network', want.name)}; or choose another name; a nic "
            f"takes it as it is with --network {want.name}",
        )


def refuse_other_switch(want: NetworkWant, present: Network, asked: NetworkPatch) -> None:
    """Refuse what is to be made of an overlay that other hosts have, and that is not as asked."""
    if what := _conflicts(present, asked):
        make = Command("create-network", want.name, "--mode", "overlay")
        raise RefusedError(
            f"network {want.name} exists already in OVN, and {what}",
            f"{make}, without these, has it here as it is; or choose another name",
        )


def _conflicts(present: Network, asked: NetworkPatch) -> str:
    return "; ".join(_conflict(*each) for each in network_differences(present, asked))


def _conflict(field: str, before: object, after: object) -> str:
    if field == "mode":
        return f"it is {before}, not {after}"
    return f"{field} is {show(before) or 'not set'}, asked for {show(after) or 'none'}"


def left_afar(bridge: str, context: NetworkContext) -> str:
    """What to do about a bridge that a killed libvirtd has left on another machine."""
    return (
        f"bridge {bridge} is what libvirtd left of it when it was killed, and cannot be removed "
        f"over a remote connection: run {Command('start-network', context.name, there=True)} on "
        f"{context.observed.host} itself"
    )


def left_networks(observed: Observed) -> Iterator[VnetError]:
    """What a killed libvirtd has left in pieces, where nobody has asked for these networks."""
    # Of a transient network nothing is there but its hop network.
    for name in dict.fromkeys(seen.name.removeprefix(HOP) for seen in observed.networks):
        bridge = left_bridge(name, observed)
        if bridge is not None:
            yield VnetError(
                f"network {name} is off, and its bridge {bridge} stands, as a libvirtd "
                "leaves it that is killed: guests on it are cut off",
                f"{Command('start-network', name)}, or stop-network to take it away",
                about=About("network", name),
            )


def refuse_stranding(context: NetworkContext, documents: Mapping[State, str]) -> None:
    """Refuse to take the last range or reservation from DHCP that has something besides, as it
    would be in these documents."""
    seen = context.draft.seen
    for state in State:
        before, after = seen and seen.xml(state), documents.get(state)
        if not (before and after) or before == after or "<dhcp" not in after:
            continue
        from vnetmgr.libvirt_xml.networks.ip import stranded

        tags = stranded(after)
        if tags and not stranded(before):
            raise RefusedError(
                f"network {context.name}: with its last DHCP range or reservation, libvirt would "
                f"drop {' and '.join(f'<{tag}>' for tag in tags)} as well",
                Worded(
                    "leave or add one; or first: "
                    f"{Command('update-network', context.name, '--bootp', 'none')}",
                    "leave or add one; or take those away, as by bootp: none",
                ),
            )


def new_network_notes(
    context: NetworkContext, reservations: Sequence[Reservation] = ()
) -> Iterator[str]:
    """What to know of the reservations of a network that is only being made."""
    made = context.draft.value(State.CONFIG) if context.draft.seen is None else None
    if made is not None:
        reserved = (*made.reservations, *reservations)
        for each in static_dhcp6_notes(made.subnets, made.dhcp_ranges, reserved):
            yield f"network {context.name}: {each}"


def note_for_command(intent: Intent, note: str) -> tuple[str, ...]:
    """What a command says that finds nothing to do; a state that is as wanted is no news."""
    return () if intent in (Intent.PRESENT, Intent.ABSENT) else (note,)


def named_problems(name: str, problems: Iterable[Problem]) -> list[Problem]:
    """Problems of a network in words that name it, each once: two states of it, or two looks at
    one, find the same. An option goes into the words, or a spec's key."""
    whose = About("network", name)
    return [
        each._replace(text=behind(f"network {name}: ", _said(each)), origin=None)
        for each in dict.fromkeys(each.of(whose) for each in problems)
    ]


def _said(problem: Problem) -> str:
    field = None if problem.about is None else problem.about.field
    if field is None or not isinstance(problem.origin, Option):
        return str(problem)
    return Worded(str(problem), f"{field}: {in_spec(problem.text)}")


def network_change(
    action: Action,
    name: str,
    states: Iterable[State],
    differences: Differences = (),
    disruption: Disruption = Disruption.NONE,
) -> Change:
    """A network's change, for people."""
    return Change(
        action=action,
        object=ObjectKind.NETWORK,
        domain=None,
        name=name,
        scope=ordered(frozenset(states)),
        disruption=disruption,
        fields=field_changes(differences),
        links=links_of(differences),
    )


def merged_differences(*each: Differences) -> Differences:
    """Differences of several states, each field once, as the first state has it."""
    first: dict[str, tuple[str, object, object]] = {}
    for one in each:
        for difference in one:
            first.setdefault(difference[0], difference)
    return tuple(first.values())
