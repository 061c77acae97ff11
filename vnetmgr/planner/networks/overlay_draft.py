"""An overlay while it is planned: one half of it is libvirt's on this host, the other OVN's, for
all hosts that have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import merge_network
from vnetmgr.model.names import joined
from vnetmgr.model.network import OVERLAY_FIELDS, Network, NetworkMode
from vnetmgr.model.network_want import NetworkPatch, network_differences
from vnetmgr.model.overlay.mtu import USUAL_MTU, tunnel_mtu
from vnetmgr.model.overlay.northbound import Overlay, PortChange
from vnetmgr.model.overlay.settings import DEFAULT_FLEET
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import Op
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.planner.networks.draft import NetworkDraft
from vnetmgr.planner.overlays import external
from vnetmgr.planner.overlays.merge import (
    database_of,
    filled,
    no_switch,
    patched,
    refuse_other_fleet,
)
from vnetmgr.planner.overlays.revisions import refuse_older
from vnetmgr.planner.overlays.switch_half import SwitchUpkeep
from vnetmgr.printable import shell_word
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.overlay.northbound import LogicalPort, Northbound
    from vnetmgr.model.seen.observed import Observed

_ELSEWHERE = dict.fromkeys(OVERLAY_FIELDS, UNSET)


class OverlayDraft(NetworkDraft):
    """What there is of an overlay, in libvirt here and in OVN."""

    def __init__(self, name: str, observed: Observed) -> None:
        super().__init__(name, observed)
        self._observed = observed
        seen, northbound = self.seen, observed.northbound
        states = (seen.config, seen.live) if seen is not None else ()
        mark = next((each.fleet for each in states if each is not None and each.fleet), None)
        usual = DEFAULT_FLEET if northbound is None else northbound.fleet
        self.fleet = self._fleet = mark or usual
        self.switch = None if northbound is None else northbound.overlay(name, self.fleet)
        self._found = self._told = self.switch
        """The same, as far as it was told."""
        self._of_spec = False
        self._merged: dict[State, tuple[Network, Network, Network]] = {}
        """What the documents say, what OVN has, and both together."""

    @property
    def northbound(self) -> Northbound:
        """The database that has it. Raises VnetError where that cannot be asked."""
        return database_of(self._observed, self.name)

    def value(self, state: State) -> Network | None:
        """The network in one state."""
        found = super().value(state)
        if found is None or self.switch is None or state in self._reserving:
            return found
        known = self._merged.get(state)
        if known is None or known[0] is not found or known[1] is not self.switch.network:
            switch = self.switch.network
            known = self._merged[state] = found, switch, filled(found, switch)
        return known[2]

    def wanted(self, *, of_spec: bool) -> None:
        """Note whether a spec wants it next, or a command."""
        self._of_spec = of_spec

    def reach(self) -> None:
        """Refuse where its database cannot be asked. Raises VnetError."""
        _ = self.northbound

    def check(self, want: NetworkWant) -> None:
        """Refuse what cannot be done about it now. Raises VnetError."""
        if self._of_spec or any(field in OVERLAY_FIELDS for field, _ in want.patch.items()):
            self._refuse_others()
        elif want.running:
            self._refuse_gone()

    def _refuse_gone(self) -> None:
        """Refuse to start or change what OVN has no more; where it cannot be asked, that is not
        known."""
        northbound = self._observed.northbound
        if northbound is not None and self.switch is None and self.documents:
            raise no_switch(self.name, self._fleet, northbound)

    @property
    def has_new_switch(self) -> bool:
        """Whether the plan changes what OVN has of it."""
        return self.switch is not self._found

    def settled(self, patch: NetworkPatch, present: Network) -> NetworkPatch:
        """A patch with what this host knows better than who asks."""
        fits = tunnel_mtu(self._observed.chassis)
        if self.switch is None and patch.mtu is UNSET and fits not in (None, USUAL_MTU):
            patch = replace(patch, mtu=fits)
        if isinstance(patch.records, tuple):
            records = dict.fromkeys(map(self.record, patch.records))
            patch = replace(patch, records=tuple(records))
        return external.settled(patch, present, self._observed)

    def record(self, record: DnsRecord) -> DnsRecord:
        """A DNS record as OVN keeps it: names are in lower case, which it looks them up by."""
        return replace(record, name=record.name.lower())

    @property
    def joins(self) -> bool:
        """Whether OVN has it already, when it is made here."""
        return self.switch is not None

    def target(self, asked: frozenset[State]) -> frozenset[State]:
        """The states that a want applies to: OVN has one for both."""
        states = super().target(asked)
        if states != frozenset(self.documents):
            raise RefusedError(
                f"network {self.name} is an overlay: what OVN has of it is one for config and live",
                Worded("leave --config and --live out", "leave out which of them"),
            )
        return states

    def made(self, xml: str, patch: NetworkPatch) -> Network:
        """What a new one would be; what OVN has already of it stays, as far as nothing else is
        asked for."""
        return filled(read_network(xml), patched(self._present, patch))

    def joined(self, network: Network) -> Network:
        """A new network of libvirt's, with what OVN has already of it."""
        return network if self.switch is None else filled(network, self.switch.network)

    def merged(self, state: State, patch: NetworkPatch) -> Network:
        """What it would be in a state, changed so."""
        return filled(super().merged(state, patch), patched(self._present, patch))

    def edit(self, patches: Mapping[State, NetworkPatch]) -> list[Op]:
        """Change it. What is libvirt's of it changes with its next start."""
        patch = next(iter(patches.values()))
        return [*self.set_switch(patch), *self._define(patch)]

    def rewrite(self, patch: NetworkPatch) -> list[Op]:
        """Write all of it, changed so."""
        return [*self.set_switch(patch), *self._define(patch)]

    def _define(self, patch: NetworkPatch) -> list[Op]:
        config = self.documents.get(State.CONFIG)
        own = replace(patch, **_ELSEWHERE)
        if config is None or not network_differences(read_network(config), own):
            return []
        return self.define(merge_network(config, own))

    def set_switch(self, patch: NetworkPatch) -> list[Op]:
        """Write what OVN has of it. Raises VnetError where that is refused."""
        return self._set(patch, stamp=False)

    def _set(self, patch: NetworkPatch, *, stamp: bool) -> list[Op]:
        """`stamp`: from which revision of the spec, too, where nothing else of it changes."""
        northbound, before = self.northbound, self.switch
        network = patched(self._present, patch)
        self._refuse_others()
        if not self._of_spec:
            self._refuse_gone()
        changes = before is None or before.network != network
        if self._of_spec and changes:
            refuse_older(before, northbound.revision)
        known = None if before is None else before.revision
        newer = northbound.revision is not None and northbound.revision > (known or -1)
        after = Overlay(
            network=network,
            fleet=self._fleet,
            revision=northbound.revision if newer and (changes or stamp) else known,
            hosts=(frozenset() if before is None else before.hosts) | {self._observed.host},
            others=0 if before is None else before.others,
            look_alikes=() if before is None else before.look_alikes,
        )
        return [] if after == before else self._switch_op(after)

    def keep_switch(self) -> SwitchUpkeep:
        """Say that this host has it, and from which revision of a spec it is; mend what somebody
        has changed of it that no field tells."""
        wanted = self._of_spec or self.switch is not None
        known = self._observed.northbound is not None
        ops = self._set(NetworkPatch(), stamp=self._of_spec) if known and wanted else []
        before, after = self._told, self.switch
        self._told = after
        if before == after or after is None:
            return SwitchUpkeep(ops, (), ())
        found: list[tuple[str, object, object]] = []
        if before is None and self.documents:
            found.append(("switch", None, self.name))
        revision = None if before is None else before.revision
        if revision != after.revision:
            found.append(("revision", revision, after.revision))
        if before is not None and before.hosts != after.hosts:
            found.append(("hosts", _hosts(before), _hosts(after)))
        return SwitchUpkeep(ops, tuple(found), () if before is None else before.flaws)

    def leave(self, *, force: bool) -> tuple[list[Op], list[str]]:
        """Take this host off it; the last one takes what OVN has of it away. Raises RefusedError
        where that has ports of others."""
        before = self.switch
        if self._observed.northbound is None and force:
            return [], [f"network {self.name}: not checked: what OVN has of it stays as it is"]
        northbound = self.northbound
        if before is None:
            return [], []
        self._refuse_others()
        if self._of_spec:
            refuse_older(before, northbound.revision)
        left = before.hosts - {self._observed.host}
        if left and self.documents:
            command = Command("delete-network", self.name, "--force")
            note = (
                f"network {self.name}: {joined(sorted(left))} still has it, and OVN keeps it; if "
                f"that is no more, {command} takes it away"
            )
            ports = self._port_ops(northbound) if force else []
            return [*ports, *self._switch_op(replace(before, hosts=left))], [note]
        # Hosts that are no more have left it, unless their guests run.
        self._refuse_ports(northbound, before, force=force)
        notes = [*self._look_alikes(northbound, before)]
        return [*self._port_ops(northbound, every=force), *self._switch_op(None)], notes

    def _look_alikes(self, northbound: Northbound, switch: Overlay) -> Iterator[str]:
        for line in switch.look_alikes:
            command = f"ovn-nbctl --db={shell_word(northbound.at)} {line}"
            yield (
                f"network {self.name}: OVN has a row that is called as one of its own and does not "
                f"say whose it is; it stays, and `{command}` takes it away"
            )

    def _port_ops(self, northbound: Northbound, *, every: bool = False) -> list[Op]:
        """Take this host's ports of nics on it away, or `every` host's: else they are there for
        ever, as no host looks after them any more."""
        here = (None, self._observed.host)
        gone = tuple(
            port
            for port in northbound.ports_of(self.name)
            if port.owner is not None and (every or port.owner.host in here)
        )
        do = SetPorts(changes=tuple(PortChange(before=port, after=None) for port in gone))
        undo = SetPorts(changes=tuple(PortChange(before=None, after=port) for port in gone))
        return [Op(do=do, undo=(undo,), undo_when_failed=True)] if gone else []

    @property
    def _present(self) -> Network:
        """What OVN has of it, or nothing yet."""
        known = self.switch
        return Network(name=self.name, mode=NetworkMode.OVERLAY) if known is None else known.network

    def _switch_op(self, after: Overlay | None) -> list[Op]:
        before, self.switch = self.switch, after
        do = SetOverlay(name=self.name, before=before, after=after)
        undo = SetOverlay(name=self.name, before=after, after=before)
        return [Op(do=do, undo=(undo,))]

    def _refuse_others(self) -> None:
        """Refuse to write what is of another fleet, or to make what somebody else has made."""
        northbound = self.northbound
        if self._of_spec:
            refuse_other_fleet(self.name, self.fleet, northbound)
        if self.switch is not None:
            return
        for other in northbound.overlays:
            if other.network.name == self.name:
                whose = "is not vnetmgr's" if other.fleet is None else f"is of fleet {other.fleet}"
                raise RefusedError(
                    f"network {self.name}: OVN has a logical switch of that name already, which "
                    f"{whose} ({northbound.at}); it is left alone",
                    "choose another name"
                    if other.fleet is not None
                    else f"choose another name; or take it away: ovn-nbctl ls-del "
                    f"{shell_word(self.name)}",
                )

    def _refuse_ports(self, northbound: Northbound, switch: Overlay, *, force: bool) -> None:
        """Refuse to take a switch away with the ports of others, or of nics on other hosts."""
        ports = northbound.ports_of(self.name)
        others = [port.name for port in ports if port.owner is None]
        if others or switch.others:
            named = joined(others) if others else f"{switch.others} more"
            raise RefusedError(
                f"network {self.name}: its logical switch in OVN has ports that are not vnetmgr's, "
                f"and would go with it: {named}",
                f"see them: ovn-nbctl lsp-list {shell_word(self.name)}; and take them away first",
            )
        here = (None, self._observed.host)
        elsewhere = [_label(each) for each in ports if each.owner and each.owner.host not in here]
        used = [_label(each) for each in ports if each.up] if not self.documents else []
        in_the_way = used if force else elsewhere
        if in_the_way:
            raise RefusedError(
                f"network {self.name} has ports of nics on other hosts in OVN: "
                f"{joined(in_the_way)}",
                "take the network away there; or --force to go on",
            )


def _label(port: LogicalPort) -> str:
    host = port.owner.host if port.owner is not None else None
    return f"{port.label} ({host})" if host else port.label


def _hosts(overlay: Overlay) -> tuple[str, ...]:
    return tuple(sorted(overlay.hosts))
