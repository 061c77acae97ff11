"""Plan DHCP reservations: live and persistent at once, and never another's address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError, RefusedError, UsageError, refused_problems, usage_problems
from vnetmgr.libvirt_xml.networks.write import merge_network
from vnetmgr.model.dhcp import DhcpRange, Reservation
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkPatch, network_problem
from vnetmgr.model.options.addressing import addressing_problems, without_dhcp6
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Step
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.seen.rules import forward_of
from vnetmgr.model.state import State
from vnetmgr.planner.context import ordered
from vnetmgr.planner.networks.clients import Client, client_of, is_on
from vnetmgr.planner.networks.context import (
    NetworkContext,
    missing_network,
    named_problems,
    new_network_notes,
    note_for_command,
    refuse_stranding,
)
from vnetmgr.planner.networks.keeps import keeps_of
from vnetmgr.planner.networks.lookup import Exchange
from vnetmgr.planner.result import Planned
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.planner.networks.lookup import Lookup
    from vnetmgr.problem import Problem


def plan_address(want: AddressWant, context: NetworkContext) -> Planned[AddressWant]:
    """What making or removing a reservation changes. Its step has no writes: those of several
    reservations on a network are one patch (`written`), as a spec may have hundreds.

    Raises NotFoundError, UsageError or RefusedError before anything is touched.
    """
    if not context.draft.documents:
        raise missing_network(want.network, context.observed)
    context.draft.reach()
    client = client_of(want, context)
    states = context.draft.target(want.states)
    if want.intent in (Intent.REMOVE, Intent.ABSENT):
        return _plan_release(want, client, states, context)
    return _plan_reservation(want, client, states, context)


def written(
    parts: Sequence[Planned[AddressWant]], context: NetworkContext
) -> Planned[tuple[AddressWant, ...]]:
    """Reservations that are planned, with the step that writes them."""
    changes = tuple(change for part in parts for step in part.steps for change in step.changes)
    step = Step(
        group=f"network {context.name}",
        changes=changes,
        ops=tuple(context.draft.reserved()),
        keeps=keeps_of(context.draft),
    )
    return Planned(
        want=tuple(part.want for part in parts),
        steps=(step,) if changes else (),
        notes=tuple(note for part in parts for note in part.notes),
    )


def _plan_reservation(
    want: AddressWant, client: Client, states: frozenset[State], context: NetworkContext
) -> Planned[AddressWant]:
    address = want.address or _leased(client, context)
    wanted = _reservation(client, address, by_mac=context.draft.fleet is not None)
    _check(wanted, client, states, context)
    keys = {"mac": wanted.mac, "duid": wanted.duid, "hostname": wanted.hostname}
    open_ends = {"domain": None, "nic": None}
    resolved = replace(want, intent=Intent.PRESENT, address=address, **keys, **open_ends)
    changes: dict[State, Exchange] = {}
    old: Reservation | None = None
    for state in ordered(states):
        mine = _mine(state, client, wanted, context)
        name = wanted.hostname or next((each.hostname for each in mine), None)
        kept = replace(wanted, hostname=name)
        if mine != [kept]:
            changes[state] = Exchange(tuple(mine), kept)
            old = old or next(iter(mine), None)
    if not changes:
        note = f"network {want.network}: {address} is reserved for {client.label} already"
        return Planned(want=resolved, notes=note_for_command(want.intent, note))
    action = Action.CREATE if old is None else Action.UPDATE
    fields = tuple(_fields(old, wanted, client))
    notes = _move_notes(wanted, client, context) if State.LIVE in changes else []
    notes += new_network_notes(context, (wanted,))
    step = _step(want, wanted.client, action, changes, fields, context)
    return Planned(want=resolved, steps=(step,), notes=tuple(notes))


def _mine(
    state: State, client: Client, wanted: Reservation, context: NetworkContext
) -> list[Reservation]:
    """The client's reservations of that IP version: one, unless somebody wrote more."""
    version = wanted.address.version
    return [each for each in client.among(state, context) if each.address.version == version]


def _fields(old: Reservation | None, wanted: Reservation, client: Client) -> Iterator[FieldChange]:
    before = str(old.address) if old else None
    if before != str(wanted.address):
        yield FieldChange(field="address", before=before, after=str(wanted.address))
    known = old.client if old else None
    if known != wanted.client:
        yield FieldChange(field="client", before=known, after=client.label)
    if old is not None and wanted.hostname not in (None, old.hostname):
        yield FieldChange(field="hostname", before=old.hostname, after=wanted.hostname)


def _reservation(client: Client, address: IpAddress, *, by_mac: bool) -> Reservation:
    """libvirt refuses a MAC for IPv6: "Invalid to specify MAC address". OVN knows nothing but MACs
    (`by_mac`)."""
    if by_mac:
        if client.mac is None:
            raise UsageError(
                f"{client.label}: OVN knows guests by their nics' MACs alone",
                "give the MAC, or the domain and nic",
            )
        return Reservation(address=address, mac=client.mac, hostname=client.hostname)
    if address.version == 4:
        if client.mac is None and client.hostname is None:
            raise UsageError(
                f"an IPv4 client is known by its MAC or its name, not by DUID {client.duid}",
                "give the MAC, or the domain and nic",
            )
        return Reservation(address=address, mac=client.mac, hostname=client.hostname)
    if client.duid is None and client.hostname is None:
        raise RefusedError(
            f"{client.label} has no IPv6 lease yet, so its DUID is not known, and libvirt takes "
            "no MAC for an IPv6 reservation",
            Worded(
                "give the client's --duid, or the --hostname that it sends",
                "keep it in the network's addresses, by its DUID or as name:HOSTNAME",
            ),
        )
    return Reservation(address=address, duid=client.duid, hostname=client.hostname)


def _leased(client: Client, context: NetworkContext) -> IpAddress:
    """The address that the client has now: IPv4 first."""
    leases = client.leases(context)
    if not leases and (kept := _kept(client, context)) is not None:
        return kept
    if not leases:
        raise RefusedError(
            f"network {context.name}: {client.label} has no lease now, so there is no address "
            "to take",
            "give the address behind the client",
        )
    # The last that was given out: IPv6 leases of one client stay listed until they run out.
    order = sorted(leases, key=lambda lease: (lease.address.version, -(lease.expires_s or 2**62)))
    return order[0].address


def _kept(client: Client, context: NetworkContext) -> IpAddress | None:
    """The address that is reserved for the client already: IPv4 first."""
    found = [each.address for state in State for each in client.among(state, context)]
    return min(found, key=lambda address: address.version, default=None)


def _check(
    wanted: Reservation, client: Client, states: frozenset[State], context: NetworkContext
) -> None:
    """Refuse an address that DHCP cannot give, or that is another's."""
    wrong: list[Problem] = []
    taken: list[Problem] = []
    slaac: list[Problem] = []
    for state in ordered(states):
        network = context.value(state)
        wrong += _misplaced(wanted, network)
        taken += _clashes(wanted, client, context.draft.known(state))
        # Else nobody is there who would lose it; nor on OVN's ports.
        if context.draft.seen is not None and context.draft.fleet is None:
            slaac += without_dhcp6(
                network.subnets, network.dhcp_ranges, network.reservations, (wanted,)
            )
    for lease in context.draft.leases.near(wanted.address):
        if lease.address == wanted.address and not client.holds(lease):
            whose = lease.mac or lease.duid or lease.hostname
            named = f" ({lease.hostname})" if lease.hostname else ""
            taken.append(_clash(wanted, f"{wanted.address} is leased to {whose}{named} now"))
    name = context.name
    if wrong:
        raise usage_problems(
            named_problems(name, (*wrong, *taken)),
            f"{Command('show-network', name)} shows its subnets",
        )
    if slaac and not taken:
        raise refused_problems(
            named_problems(name, slaac),
            Worded(
                str(Command("update-network", name, "--dhcp-range", "...")),
                f"give network {name} dhcp_ranges of that subnet",
            ),
        )
    if taken:
        raise refused_problems(
            named_problems(name, taken),
            f"{Command('list-leases', name)} shows who has what; take another",
        )


def _clash(wanted: Reservation, text: str) -> Problem:
    return network_problem("reservations", text, wanted)


def _misplaced(wanted: Reservation, network: Network) -> list[Problem]:
    """What is wrong with the address itself. What is wrong with the network anyway is not."""
    if not network.subnets:
        return [_clash(wanted, f"it has no DHCP: it is {network.mode} and has no subnet")]
    known, problems = (
        addressing_problems(
            libvirts=not network.is_overlay,
            subnets=network.subnets,
            gateways=network.gateways,
            dhcp_ranges=_served(network, wanted.address.version),
            reservations=reservations,
        )
        for reservations in ((), (wanted,))
    )
    return [each for each in problems if each not in known]


def _served(network: Network, version: int) -> Sequence[DhcpRange]:
    """What makes a subnet the one with DHCP: ranges, else any reservation."""
    if any(each.start.version == version for each in network.dhcp_ranges):
        return network.dhcp_ranges
    addresses = (each.address for each in network.reservations if each.address.version == version)
    first = next((each for each in addresses if network.subnet_index(each) is not None), None)
    return () if first is None else (DhcpRange(start=first, end=first),)


def _clashes(wanted: Reservation, client: Client, known: Lookup[Reservation]) -> Iterator[Problem]:
    for each in known.near(wanted.address, wanted.hostname):
        if client.has(each):
            continue
        if each.address == wanted.address:
            yield _clash(wanted, f"{wanted.address} is reserved for {each.client} already")
        elif (
            wanted.hostname is not None
            and each.hostname == wanted.hostname
            and each.address.version == wanted.address.version
        ):
            text = (
                f"the name {wanted.hostname} belongs to the reservation of {each.client} "
                f"({each.address})"
            )
            yield _clash(wanted, text)


def _move_notes(wanted: Reservation, client: Client, context: NetworkContext) -> list[str]:
    """dnsmasq moves a client when it asks again, and not before (measured on 9.0). With port
    security of an overlay the new address counts at once, which its port's change tells."""
    seen = context.observed.network(context.name)
    if seen is not None and seen.is_overlay and seen.any.port_security is not False:
        return []
    version = wanted.address.version
    held = [each.address for each in client.leases(context)]
    if wanted.address in held:
        return []  # old IPv6 leases stay listed beside the new one
    return [
        f"network {context.name}: {client.label} holds {address} now and moves to "
        f"{wanted.address} at its next renewal"
        for address in held
        if address.version == version
    ]


def _plan_release(
    want: AddressWant, client: Client, states: frozenset[State], context: NetworkContext
) -> Planned[AddressWant]:
    resolved = replace(
        want,
        intent=Intent.ABSENT,
        mac=client.mac,
        duid=client.duid,
        domain=None,
        nic=None,
    )
    changes = {}
    gone: dict[str, Reservation] = {}
    for state in ordered(states):
        known = context.draft.known(state)
        mine = tuple(
            each
            for each in known.near(*client.keys, want.hostname)
            if (client.has(each) or _is_named(each, want)) and want.address in (None, each.address)
        )
        if mine:
            gone |= {f"{each.address}": each for each in mine}
            changes[state] = Exchange(mine, None)
    if not changes:
        if want.intent is Intent.REMOVE:
            what = f"{want.address} " if want.address else ""
            raise NotFoundError(
                f"network {want.network}: {what}is not reserved for {client.label}"
                if what
                else f"network {want.network}: nothing is reserved for {client.label}",
                f"{Command('list-leases', want.network)} shows the reservations",
            )
        return Planned(want=resolved)
    if want.intent is Intent.REMOVE:
        _refuse_forwarded(gone.values(), client, context)
    fields = tuple(FieldChange(field="address", before=address, after=None) for address in gone)
    name = next(iter(gone.values())).client
    step = _step(want, name, Action.DELETE, changes, fields, context)
    return Planned(want=resolved, steps=(step,))


def _refuse_forwarded(gone: Iterable[Reservation], client: Client, context: NetworkContext) -> None:
    """Refuse to give an address back that a port of the host leads to: the next who gets it would
    get those connections."""
    observed = context.observed
    addresses = {each.address for each in gone}
    for domain in observed.domains:
        for forward in domain.forwards:
            seen = nic_of(domain, forward)
            if seen is not None and client.mac == seen.any.mac and is_on(seen.any, context):
                raise RefusedError(
                    f"network {context.name}: forward {domain.name}/{forward.name} leads to the "
                    f"address of {client.label}",
                    "take the forward away first: "
                    f"{Command('remove-forward', domain.name, forward.name)}",
                )
    for rule in observed.rules.rules if observed.rules is not None else ():
        if rule.guest_address in addresses:
            whose = next((each for each in observed.domains if each.uuid == rule.domain), None)
            its = None if whose is None else forward_of(rule, whose.forwards)
            words = ("--unowned", rule.name)
            if whose is not None and its is not None:  # its nic's config has moved by now
                words = (whose.name, its.name)
            raise RefusedError(
                f"network {context.name}: port {rule.name} of this host leads to "
                f"{rule.guest_address}",
                f"take that away first: {Command('remove-forward', *words)}",
            )


def _is_named(reservation: Reservation, want: AddressWant) -> bool:
    """Whether a name that stands for itself is the reservation's: to take one back, that will
    do."""
    alone = want.mac is None and want.duid is None and want.domain is None
    return alone and want.hostname is not None and want.hostname == reservation.hostname


def _step(
    want: AddressWant,
    client: str,
    action: Action,
    changes: dict[State, Exchange],
    fields: tuple[FieldChange, ...],
    context: NetworkContext,
) -> Step:
    change = Change(
        action=action,
        object=ObjectKind.ADDRESS,
        domain=None,
        name=f"{want.network}/{client}",
        network=want.network,
        scope=ordered(frozenset(changes)),
        fields=fields,
    )
    if any(_leaves_a_subnet(each, context.value(state)) for state, each in changes.items()):
        refuse_stranding(context, _documents(changes, context))
    context.draft.reserve(changes)
    return Step(group=f"network {want.network}", changes=(change,), ops=())


def _leaves_a_subnet(change: Exchange, network: Network) -> bool:
    """Whether a subnet has one less, perhaps its last."""
    new = None if change.new is None else network.subnet_index(change.new.address)
    return any(change.new is None or network.subnet_index(e.address) != new for e in change.gone)


def _documents(changes: dict[State, Exchange], context: NetworkContext) -> dict[State, str]:
    """The network's documents as they would be."""
    found = {}
    for state, change in changes.items():
        left = change.of(context.value(state).reservations) or None
        patch = NetworkPatch(reservations=left)
        found[state] = merge_network(context.draft.documents[state], patch)
    return found
