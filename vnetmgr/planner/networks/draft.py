"""One network while it is planned: its documents as the writes planned so far leave them, and
the writes themselves."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import finished_network, merge_network
from vnetmgr.model.network import NOTHING_KEPT, Kept, SeenNetwork, hop_name
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.plan import Op
from vnetmgr.model.record import replace
from vnetmgr.model.seen.guests import hop_litter, left_bridge, still_absent
from vnetmgr.model.state import State
from vnetmgr.model.writes import (
    AutostartNetwork,
    CreateNetwork,
    DefineNetwork,
    FinishNetwork,
    PlugPort,
    RemoveBridge,
    StartNetwork,
    StopNetwork,
    UndefineNetwork,
    UpdateNetwork,
    Write,
)
from vnetmgr.planner.context import target_states
from vnetmgr.planner.networks.calls import in_order, replaces_whole, update_calls
from vnetmgr.planner.networks.lookup import Lookup
from vnetmgr.planner.nics.taps import replug, strays_of
from vnetmgr.planner.overlays.switch_half import SwitchHalf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.model.dhcp import Lease, Reservation
    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.guests import Guest
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.networks.calls import Call
    from vnetmgr.planner.networks.lookup import Exchange


class NetworkDraft(SwitchHalf):
    """What there is of a network. Every method that plans writes brings it up to date."""

    def __init__(self, name: str, observed: Observed) -> None:
        """Start from what was observed."""
        seen = observed.network(name)
        hop = observed.network(hop_name(name))
        self.name = name
        self.seen = seen
        self.documents = {state: xml for state in State if seen and (xml := seen.xml(state))}
        self.autostart = bool(seen and seen.autostart)
        self.links = observed.links
        self.cut_short = hop is not None
        """Whether its hop network is there: a restart or a repair was cut short."""
        kept = (hop.any.kept if hop is not None else None) or NOTHING_KEPT
        self.kept = still_absent(kept, observed.links)
        """What such a restart has taken off, and what is not back yet."""
        self.left = left_bridge(name, observed)
        """The bridge that a killed libvirtd left of it while it is off."""
        self.litter = hop_litter(observed)
        """Bridges of hop networks that a killed libvirtd left."""
        self._reserving: dict[State, Network] = {}
        """The network as it will be where reservations are planned that are not in its document:
        a spec may have hundreds, and they are written together."""
        self._known: dict[State, tuple[tuple[Reservation, ...], Lookup[Reservation]]] = {}
        self._leases = observed.leases
        self._read: dict[State, tuple[str, Network]] = {}
        """What the documents say that are planned, each read once: it is asked for again and
        again."""

    @property
    def active(self) -> bool:
        """Whether it runs."""
        return State.LIVE in self.documents

    @property
    def unfinished(self) -> bool:
        """Whether the run that made it was cut short."""
        config = self.value(State.CONFIG)
        return config is not None and config.unfinished

    @property
    def persistent(self) -> bool:
        """Whether libvirt keeps a definition of it."""
        return State.CONFIG in self.documents

    def value(self, state: State) -> Network | None:
        """The network in one state."""
        document = self.documents.get(state)
        if document is None or state in self._reserving:
            return self._reserving.get(state)
        if self.seen is not None and document == self.seen.xml(state):
            return self.seen.value(state)
        known = self._read.get(state)
        if known is None or known[0] is not document:
            known = self._read[state] = document, read_network(document)
        return known[1]

    def as_seen(self) -> SeenNetwork | None:
        """As it will be, for what looks at whole networks."""
        if not self.documents:
            return None
        return SeenNetwork(
            key=self.name,
            autostart=self.autostart,
            config=self.value(State.CONFIG),
            live=self.value(State.LIVE),
            ports=self.seen.ports if self.seen else None,
        )

    def target(self, asked: frozenset[State]) -> frozenset[State]:
        """The states that a want applies to. Raises RefusedError for one that it does not have."""
        return target_states("network", self.name, asked, frozenset(self.documents))

    def made(self, xml: str, patch: NetworkPatch) -> Network:  # noqa: ARG002 - an overlay's
        """What a new one would be."""
        return read_network(xml)

    def merged(self, state: State, patch: NetworkPatch) -> Network:
        """What it would be in a state, changed so."""
        return read_network(merge_network(self.documents[state], patch))

    def rewrite(self, patch: NetworkPatch) -> list[Op]:
        """Write the whole config, changed so."""
        return self.define(merge_network(self.documents[State.CONFIG], patch))

    def create(self, xml: str) -> list[Op]:
        """Define a new one."""
        self.documents[State.CONFIG] = finished_network(xml)
        undo = UndefineNetwork(network=self.name)
        return [Op(do=DefineNetwork(network=self.name, xml=xml), undo=(undo,))]

    def known(self, state: State) -> Lookup[Reservation]:
        """The reservations of a state by whose they are."""
        network = self.value(state)
        present = network.reservations if network is not None else ()
        found = self._known.get(state)
        if found is None or found[0] is not present:
            found = self._known[state] = present, Lookup(present)
        return found[1]

    @cached_property
    def leases(self) -> Lookup[Lease]:
        """Its leases by whose they are."""
        return Lookup(lease for lease in self._leases if lease.network == self.name)

    def reserve(self, changes: Mapping[State, Exchange]) -> None:
        """Have one reservation in place of others, in the states named, once `reserved` writes it;
        until then no document is to be looked at."""
        for state, change in changes.items():
            network = self.value(state)
            if network is not None:
                known, mine = self.known(state), change.of(network.reservations)
                for each in change.gone:
                    known.remove(each)
                if change.new is not None:
                    known.add(change.new)
                self._known[state] = mine, known
                self._reserving[state] = replace(network, reservations=mine)

    def reserved(self) -> list[Op]:
        """Write what is reserved by now."""
        patches = {
            state: NetworkPatch(reservations=network.reservations or None)
            for state, network in self._reserving.items()
        }
        self._reserving.clear()
        return self.edit(patches) if patches else []

    def edit(self, patches: Mapping[State, NetworkPatch]) -> list[Op]:
        """Change the states named: what runs by network-update, what is off by defining it."""
        if not self.active:
            return self.define(merge_network(self.documents[State.CONFIG], patches[State.CONFIG]))
        calls: dict[State, list[Call]] = {}
        whole: list[Op] = []
        for state, patch in patches.items():
            document, before = self.documents[state], self.value(state)
            merged = merge_network(document, patch)
            after = read_network(merged)
            found = update_calls(before or after, after, document)
            if state is State.CONFIG and replaces_whole(found):
                whole = self.define(merged)  # at once: a run that is killed loses nothing
            else:
                calls[state] = found
            self.documents[state] = merged
        return [*whole, *self._updates(calls)]

    def _updates(self, calls: Mapping[State, Sequence[Call]]) -> list[Op]:
        """One call for both states where they need the same: libvirt makes it in both or none."""
        states: dict[Call, set[State]] = {}
        for state, each in calls.items():
            for call in each:
                states.setdefault(call, set()).add(state)
        return [self._update(call, frozenset(states[call])) for call in in_order(states)]

    def _update(self, call: Call, states: frozenset[State]) -> Op:
        do = UpdateNetwork(
            network=self.name,
            command=call.command,
            section=call.section,
            xml=call.xml,
            index=call.parent,
            states=states,
        )
        undo = UpdateNetwork(
            network=self.name,
            command=call.inverse,
            section=call.section,
            xml=call.inverse_xml,
            index=call.parent,
            states=states,
        )
        return Op(do=do, undo=(undo,))

    def define(self, xml: str) -> list[Op]:
        """Write the whole config, on top of what is planned so far."""
        before = self.documents[State.CONFIG]
        if xml == before:
            return []
        self.documents[State.CONFIG] = xml
        return [
            Op(
                do=DefineNetwork(network=self.name, xml=xml, expect=before),
                undo=(DefineNetwork(network=self.name, xml=before, expect=xml),),
            )
        ]

    def set_autostart(self, *, autostart: bool | None) -> list[Op]:
        """Start it with the host, or not; None: as it is."""
        if autostart in (None, self.autostart) or not self.persistent:
            return []
        self.autostart = bool(autostart)
        return [
            Op(
                do=AutostartNetwork(network=self.name, autostart=self.autostart),
                undo=(AutostartNetwork(network=self.name, autostart=not autostart),),
            )
        ]

    def finish(self) -> list[Op]:
        """Take the mark of one that is being made away."""
        self.documents[State.CONFIG] = finished_network(self.documents[State.CONFIG])
        return [Op(do=FinishNetwork(network=self.name))]

    def start(self) -> list[Op]:
        """Start it from its config."""
        self.documents[State.LIVE] = self.documents[State.CONFIG]
        return [Op(do=StartNetwork(network=self.name), undo=(StopNetwork(network=self.name),))]

    def clear(self, ports: Sequence[str]) -> list[Op]:
        """Remove what a killed libvirtd left of it; these ports of its bridge are to come back."""
        if self.left is None:
            return []
        ops = self._make_hop(replace(self.kept, ports=ports), onto=self.left)
        return [*ops, *self.remove_left()]

    def remove_left(self) -> list[Op]:
        """Remove what a killed libvirtd left of it, for good."""
        if self.left is None or self.links is None:
            return []
        mac = self.links.bridge_macs[self.left]
        write = RemoveBridge(network=self.name, bridge=self.left, mac=mac)
        self.left = None
        return [Op(do=write)]

    def start_again(self) -> list[Op]:
        """Start a transient network that a restart has stopped and then was cut short."""
        if self.kept.document is None:
            raise ValueError(f"network {self.name} is not kept")
        self.documents[State.LIVE] = self.kept.document
        undo = StopNetwork(network=self.name)
        return [Op(do=CreateNetwork(network=self.name, xml=self.kept.document), undo=(undo,))]

    def stop(self, guests: Sequence[Guest], ports: Sequence[str]) -> list[Op]:
        """Stop it; its undo brings it back exactly as it runs, with all that was plugged in."""
        undo = self._back(guests, ports)
        del self.documents[State.LIVE]
        return [Op(do=StopNetwork(network=self.name), undo=undo)]

    def undefine(self) -> list[Op]:
        """Forget it."""
        config = self.documents.pop(State.CONFIG)
        define = DefineNetwork(network=self.name, xml=config)
        on = AutostartNetwork(network=self.name, autostart=True)
        undo: tuple[Write, ...] = (define, on) if self.autostart else (define,)
        return [Op(do=UndefineNetwork(network=self.name), undo=undo)]

    def restart(self, guests: Sequence[Guest], ports: Sequence[str]) -> list[Op]:
        """Stop it, start it from its config, and plug everything in again.

        The hop network comes first: while it is there, a run that finds the network stopped
        knows that it is to run.
        """
        former, live = self.value(State.LIVE), self.documents[State.LIVE]
        document = None if self.persistent else live
        bridge = former.bridge if former is not None else None
        mac = former.mac if former is not None and former.has_own_bridge else None
        made = (bridge, mac) if bridge is not None and mac is not None else None
        kept = Kept(ports=tuple(ports), document=document, bridge=made)
        ops = self._make_hop(kept, onto=bridge)
        ops += self.stop(guests, ports)
        if self.persistent:
            ops += self.start()
        else:
            self.documents[State.LIVE] = live
            undo = StopNetwork(network=self.name)
            ops.append(Op(do=CreateNetwork(network=self.name, xml=live), undo=(undo,)))
        return ops + self.replug(guests, former=former)

    def replug(
        self, guests: Sequence[Guest], *, former: Network | None, stale: Sequence[Guest] = ()
    ) -> list[Op]:
        """Plug ports that were kept and taps into its bridge again; then the hop network goes.
        Taps that cannot be plugged in are told, and no reason to take back the rest."""
        if not (guests or self.cut_short or self.litter):
            return []
        now = self.value(State.LIVE)
        bridge = (now.bridge if now else None) or (former.bridge if former else None) or ""
        ops = [Op(do=PlugPort(bridge=bridge, port=port)) for port in self.kept.ports]
        self.cut_short, self.kept = False, NOTHING_KEPT
        ops += (Op(do=write) for write in strays_of(guests, self.links))
        ops += self._remove_litter()
        write = replug(self.name, guests, former=former, stale=stale)
        return [*ops, Op(do=write, may_finish_later=True)]

    def _remove_litter(self) -> list[Op]:
        hop, bridges = hop_name(self.name), self.litter
        self.litter = ()
        return [Op(do=RemoveBridge(network=hop, bridge=each, mac=None)) for each in bridges]

    def _make_hop(self, kept: Kept, *, onto: str | None) -> list[Op]:
        """The hop network, with what it has to keep. libvirt has no call to change what one keeps
        (before 9.7): it is made anew, and until then its ports are `onto` the present bridge."""
        before = self.kept
        self.kept = kept
        end = replug(self.name, (), former=None, kept=kept)
        make = Op(do=CreateNetwork(network=end.hop, xml=end.hop_xml), undo=(end,))
        if not self.cut_short:
            self.cut_short = True
            return [make]
        same = (before.document, before.bridge) == (kept.document, kept.bridge)
        if same and set(kept.ports) <= set(before.ports):
            return []
        ops = [Op(do=PlugPort(bridge=onto or "", port=port)) for port in before.ports]
        return [*ops, Op(do=StopNetwork(network=end.hop)), make]

    def drop_hop(self) -> list[Op]:
        """Remove the hop network where nothing is to be plugged in again."""
        ops = self._remove_litter()
        if not self.cut_short:
            return ops
        end = replug(self.name, (), former=None, kept=self.kept)
        self.cut_short, self.kept = False, NOTHING_KEPT
        again = CreateNetwork(network=end.hop, xml=end.hop_xml)
        return [*ops, Op(do=StopNetwork(network=end.hop), undo=(again,))]

    def _back(self, guests: Sequence[Guest], ports: Sequence[str]) -> tuple[Write, ...]:
        """To start it as it runs now. A config that differs is lent the live document for the
        start: networkCreateXML over a config that then fails makes libvirt forget the network
        (measured on 9.0)."""
        name, live = self.name, self.documents[State.LIVE]
        former = self.value(State.LIVE)
        writes: list[Write] = []
        if self.persistent:
            config = self.documents[State.CONFIG]
            writes.append(DefineNetwork(network=name, xml=live, expect=config))
            writes.append(StartNetwork(network=name))
            writes.append(DefineNetwork(network=name, xml=config, expect=live))
        else:
            writes.append(CreateNetwork(network=name, xml=live))
        if former is not None and former.bridge is not None:
            writes += (PlugPort(bridge=former.bridge, port=port) for port in ports)
        if guests:
            writes.append(replug(name, guests, former=former))
        return tuple(writes)
