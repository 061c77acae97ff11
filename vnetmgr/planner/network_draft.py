"""One network while it is planned: its documents as the writes planned so far leave them, and
the writes themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.network_read import read_network
from vnetmgr.libvirt_xml.network_write import merge_network
from vnetmgr.model.domain import State
from vnetmgr.model.network import SeenNetwork, hop_name
from vnetmgr.model.plan import (
    AutostartNetwork,
    CreateNetwork,
    DefineNetwork,
    Op,
    PlugPort,
    StartNetwork,
    StopNetwork,
    UndefineNetwork,
    UpdateNetwork,
    Write,
)
from vnetmgr.planner.network_calls import in_order, update_calls
from vnetmgr.planner.taps import replug, strays_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.model.desired import Links, Observed
    from vnetmgr.model.guests import Guest
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.planner.network_calls import Call


@dataclass(kw_only=True, slots=True)
class NetworkDraft:
    """What there is of a network. Every method that plans writes brings it up to date."""

    name: str
    seen: SeenNetwork | None
    documents: dict[State, str]
    autostart: bool
    links: Links | None
    cut_short: bool
    """Whether its hop network is there: a restart or a repair was cut short."""

    @classmethod
    def of(cls, name: str, observed: Observed) -> NetworkDraft:
        """Start from what was observed."""
        seen = observed.network(name)
        documents = {state: xml for state in State if seen and (xml := seen.xml(state))}
        return cls(
            name=name,
            seen=seen,
            documents=documents,
            autostart=bool(seen and seen.autostart),
            links=observed.links,
            cut_short=observed.network(hop_name(name)) is not None,
        )

    @property
    def active(self) -> bool:
        """Whether it runs."""
        return State.LIVE in self.documents

    @property
    def persistent(self) -> bool:
        """Whether libvirt keeps a definition of it."""
        return State.CONFIG in self.documents

    def value(self, state: State) -> Network | None:
        """The network in one state."""
        document = self.documents.get(state)
        if document is None:
            return None
        if self.seen is not None and document == self.seen.xml(state):
            return self.seen.value(state)
        return read_network(document)

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

    def create(self, xml: str) -> list[Op]:
        """Define a new one."""
        self.documents[State.CONFIG] = xml
        undo = UndefineNetwork(network=self.name)
        return [Op(do=DefineNetwork(network=self.name, xml=xml), undo=(undo,))]

    def edit(self, patches: Mapping[State, NetworkPatch]) -> list[Op]:
        """Change the states named: what runs by network-update, what is off by defining it."""
        if not self.active:
            return self.define(merge_network(self.documents[State.CONFIG], patches[State.CONFIG]))
        calls: dict[State, list[Call]] = {}
        for state, patch in patches.items():
            document, before = self.documents[state], self.value(state)
            merged = merge_network(document, patch)
            after = read_network(merged)
            calls[state] = update_calls(before or after, after, document)
            self.documents[state] = merged
        return self._updates(calls)

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

    def start(self) -> list[Op]:
        """Start it from its config."""
        self.documents[State.LIVE] = self.documents[State.CONFIG]
        return [Op(do=StartNetwork(network=self.name), undo=(StopNetwork(network=self.name),))]

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
        gave, live = self.value(State.LIVE), self.documents[State.LIVE]
        bridge = gave.bridge if gave else None
        ops = self._make_hop()
        ops += self.stop(guests, ports)
        if self.persistent:
            ops += self.start()
        else:
            self.documents[State.LIVE] = live
            undo = StopNetwork(network=self.name)
            ops.append(Op(do=CreateNetwork(network=self.name, xml=live), undo=(undo,)))
        after = self.value(State.LIVE)
        new_bridge = (after.bridge if after else None) or bridge or ""
        ops += (Op(do=PlugPort(bridge=new_bridge, port=port)) for port in ports)
        return ops + self.replug(guests, gave=gave)

    def replug(
        self, guests: Sequence[Guest], *, gave: Network | None, anew: Sequence[Guest] = ()
    ) -> list[Op]:
        """Plug taps into its bridge again; then the hop network goes. What cannot be plugged in
        is told, and no reason to take back the rest."""
        if not (guests or self.cut_short):
            return []
        self.cut_short = False
        ops = [Op(do=write) for write in strays_of(guests, self.links)]
        write = replug(self.name, guests, gave=gave, anew=anew)
        return [*ops, Op(do=write, may_finish_later=True)]

    def _make_hop(self) -> list[Op]:
        if self.cut_short:
            return []
        self.cut_short = True
        end = replug(self.name, (), gave=None)
        return [Op(do=CreateNetwork(network=end.hop, xml=end.hop_xml), undo=(end,))]

    def drop_hop(self) -> list[Op]:
        """Remove the hop network where nothing is to be plugged in again."""
        if not self.cut_short:
            return []
        self.cut_short = False
        end = replug(self.name, (), gave=None)
        again = CreateNetwork(network=end.hop, xml=end.hop_xml)
        return [Op(do=StopNetwork(network=end.hop), undo=(again,))]

    def _back(self, guests: Sequence[Guest], ports: Sequence[str]) -> tuple[Write, ...]:
        """To start it as it runs now. A config that differs is lent the live document for the
        start: networkCreateXML over a config that then fails makes libvirt forget the network
        (measured on 9.0)."""
        name, live = self.name, self.documents[State.LIVE]
        gave = self.value(State.LIVE)
        writes: list[Write] = []
        if self.persistent:
            config = self.documents[State.CONFIG]
            writes.append(DefineNetwork(network=name, xml=live, expect=config))
            writes.append(StartNetwork(network=name))
            writes.append(DefineNetwork(network=name, xml=config, expect=live))
        else:
            writes.append(CreateNetwork(network=name, xml=live))
        if gave is not None and gave.bridge is not None:
            writes += (PlugPort(bridge=gave.bridge, port=port) for port in ports)
        if guests:
            writes.append(replug(name, guests, gave=gave))
        return tuple(writes)
