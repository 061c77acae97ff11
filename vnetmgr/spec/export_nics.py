"""A nic as a spec says it: what its config says, as far as it runs so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.unmodelled import unmodelled_of_nic
from vnetmgr.model.names import check_nic_name
from vnetmgr.model.nic import MAPS, NIC_FIELDS, Mode, NicPatch, differences, inherited
from vnetmgr.model.options.nics import NIC_OPTIONS
from vnetmgr.model.patch import UNSET
from vnetmgr.model.qemu.fits import extra_problems, misfit
from vnetmgr.model.qemu.models import is_virtio
from vnetmgr.model.record import replace
from vnetmgr.model.seen.guests import bridge_of, home_of, is_orphan
from vnetmgr.model.show import show
from vnetmgr.model.sources import ASKED_FOR
from vnetmgr.model.spec import candidates
from vnetmgr.model.state import State
from vnetmgr.spec.export_parts import Exported, acceptable, kept_back, pairs, read_back
from vnetmgr.spec.nics import NicReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.state import Seen
    from vnetmgr.model.values import Mac
    from vnetmgr.model.yaml_text import Plain

_NOT_FIELDS = frozenset({"source", "name", "owned"})


class NicExport:
    """The nics of one domain. `macs` are those that the spec has already: it takes each once."""

    def __init__(
        self,
        domain: SeenDomain,
        *,
        observed: Observed,
        portgroups: Mapping[str, frozenset[str]],
        macs: set[Mac],
    ) -> None:
        self.refused: list[str] = []
        self._domain, self._observed = domain, observed
        self._portgroups, self._macs = portgroups, macs
        live = domain.active and observed.features.device_calls
        present = ((State.CONFIG, domain.persistent), (State.LIVE, live))
        self._states = tuple(state for state, there in present if there)
        self._keys: set[str] = set()

    def nics(self) -> list[Exported]:
        """Each of them, in the spec or left out."""
        return [self._nic(seen) for seen in self._domain.nics]

    def _nic(self, seen: Seen[Nic]) -> Exported:
        nic = (seen.value(self._states[0]) if self._states else None) or seen.any
        identities = list(self._identities(seen, nic))
        if not identities:
            return self._refuse(nic)
        out = self._out_of_step(seen, nic)
        for key, mac in identities:
            found = self._read(key, mac, seen, nic)
            if found is not None:
                self._keys.add(key)
                if mac is not None and out is None:
                    self._macs.add(mac)
                comments = tuple(self._comments(seen, nic, found))
                return Exported(key=key, values=found, comments=comments, left_out=out)
        return _left_out(nic, out or "a spec cannot say its source or MAC")

    def _comments(self, seen: Seen[Nic], nic: Nic, found: Mapping[str, Plain]) -> Iterator[str]:
        left = [field for field in _all_fields(nic) if field not in found]
        yield from kept_back(left, config=_shown(nic), live=self._other(seen, nic, left))
        xml = seen.config_xml if nic is seen.config else seen.live_xml
        own = self._own_id(nic)
        for each in unmodelled_of_nic(xml or ""):
            if own is None or own not in each:
                yield f"not in the spec: {each}"

    def _own_id(self, nic: Nic) -> str | None:
        """Where a document has the id that is derived for a nic, which comes about by itself."""
        if nic.interface_id is None:
            return None
        from vnetmgr.model.overlay.port_id import overlay_port_id

        derived = overlay_port_id(self._domain.uuid, nic.mac) == nic.interface_id
        return f'interfaceid="{nic.interface_id}"' if derived else None

    def _read(
        self, key: str, mac: Mac | None, seen: Seen[Nic], nic: Nic
    ) -> dict[str, Plain] | None:
        """What a spec can have of a nic that it finds by this key and MAC."""
        source = _source(nic)
        if not source:
            return None
        values = {**source, **_fields(nic)}
        needed = {*source, "mac"} if mac is not None else {*source}
        if mac is None:
            values.pop("mac", None)
        every = [self._live(seen) if state is State.LIVE else seen.config for state in self._states]
        nics = [each for each in every if each is not None] or [nic]

        def accepts(tried: Mapping[str, Plain]) -> bool:
            want = read_back(
                key,
                tried,
                lambda document, at, node: NicReader(document).read(self._domain.name, at, node)[0],
            )
            return want is not None and self._as_it_is(want, nics)

        return acceptable(values, needed, accepts)

    def _as_it_is(self, want: NicWant, nics: list[Nic]) -> bool:
        if any(differences(nic, want.patch) for nic in nics):
            return False
        known = self._portgroups.get(getattr(want.patch.source, "name", None) or "")
        group = want.patch.portgroup
        return known is None or not isinstance(group, str) or group in known

    def _live(self, seen: Seen[Nic]) -> Nic | None:
        """The live nic; on the network that a device of the host is from."""
        live, config = seen.live, seen.config
        if live is None or config is None or live.source == config.source:
            return live
        from_pool = inherited("source", config=config, live=live)
        return replace(live, source=config.source) if from_pool else live

    def _out_of_step(self, seen: Seen[Nic], nic: Nic) -> str | None:
        """Why a spec that names it would change something; None where it would not."""
        missing = [state for state in self._states if seen.value(state) is None]
        if missing:
            here = "only live" if missing == [State.CONFIG] else "only in the config"
            return f"it is {here}, and a spec's nics are in both"
        live = self._live(seen)
        if live is not None and live.source != nic.source:
            return f"it is on {nic.source} in config and on {live.source} live"
        if seen.live is not None and is_orphan(seen.live, self._observed):
            bridge = bridge_of(seen.live, home_of(seen.live, self._observed)) or "its bridge"
            return f"its tap {seen.live.target} has lost {bridge}; a spec plugs it in again"
        return None

    def _other(self, seen: Seen[Nic], nic: Nic, fields: list[str]) -> dict[str, object]:
        live = seen.live if State.LIVE in self._states else None
        if live is None or live is nic:
            return {}
        patch = NicPatch(**{field: getattr(nic, field) for field in fields})
        return {field: show(before) for field, before, _ in differences(live, patch)}

    def _identities(self, seen: Seen[Nic], nic: Nic) -> Iterator[tuple[str, Mac | None]]:
        """The keys and MACs by which a spec finds this nic and no other, the best first."""
        mac = nic.mac if nic.mac not in self._macs else None
        name = nic.name if nic.name is not None and _is_name(nic.name) else None
        names = {each.name for other in self._domain.nics for each in _both(other)}
        number = 0
        while (free := f"nic{number}") in names or free in self._keys:
            number += 1
        tried = [] if mac is None else [(name, mac), (free, mac)]
        for key, by in (*tried, (name, None)):
            if key is None or key in self._keys:
                continue
            found = candidates(self._domain, key, by or UNSET)
            if len(found) == 1 and found[0] is seen:
                yield key, by

    def _refuse(self, nic: Nic) -> Exported:
        reason = "it has no MAC and no name"
        if nic.mac is not None:
            reason = "another nic has its MAC, and it has no name of its own"
        self.refused.append(f"domain {self._domain.name}: nic {_label(nic)}: {reason}")
        return _left_out(nic, reason)


def _label(nic: Nic) -> str:
    """Everything that may tell a nic from others."""
    known = (nic.name, nic.mac, nic.pci_address, nic.target)
    return " ".join(str(each) for each in known if each is not None) or f"on {nic.source}"


def _left_out(nic: Nic, reason: str) -> Exported:
    return Exported(key=_label(nic), values={}, left_out=f"{reason} ({nic.source})")


def _both(seen: Seen[Nic]) -> tuple[Nic, ...]:
    return tuple(nic for nic in (seen.config, seen.live) if nic is not None)


def _is_name(text: str) -> bool:
    try:
        check_nic_name(text)
    except ValueError:
        return False
    return True


def _source(nic: Nic) -> dict[str, Plain]:
    """The source's key; none for a kind that specs have no word for."""
    source = nic.source
    if source.mode is Mode.USER:
        return {"user": {}}
    return {str(source.mode): source.name} if source.mode in ASKED_FOR and source.name else {}


def _shown(nic: Nic) -> dict[str, object]:
    return {field: show(getattr(nic, field)) for field in NIC_FIELDS}


def _fields(nic: Nic) -> dict[str, Plain]:
    values: dict[str, Plain] = {}
    for field in NIC_FIELDS:
        value = getattr(nic, field)
        if field not in _NOT_FIELDS and value is not None and misfit(nic, field) is None:
            values[field] = _plain(field, value)
    if nic.queues is not None and not is_virtio(nic.model):
        del values["queues"]
    if any(extra_problems(nic)):  # the map is complete: without those it would take them away
        del values["extra"]
    return values


def _all_fields(nic: Nic) -> Iterator[str]:
    for field in NIC_FIELDS:
        if field not in _NOT_FIELDS and getattr(nic, field) is not None:
            yield field


def _plain(field: str, value: object) -> Plain:
    if isinstance(value, bool):
        return value
    if field in MAPS and isinstance(value, tuple):
        return pairs(value)
    compound = NIC_OPTIONS[field].compound
    if compound is not None:
        return compound.plainly(value)
    if isinstance(value, tuple):
        return [str(each) for each in value]
    return show(value) or ""
