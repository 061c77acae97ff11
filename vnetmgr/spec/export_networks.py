"""A network as a spec says it: what its config says, as far as it runs so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.unmodelled import unmodelled_of_network
from vnetmgr.model.dhcp import INFINITE_S
from vnetmgr.model.names import check_object_name
from vnetmgr.model.network import HOP, Network, NetworkMode, hop_name
from vnetmgr.model.network_attributes import default_of
from vnetmgr.model.network_want import FIELD_OF, NetworkPatch, network_differences
from vnetmgr.model.options.network_parsers import PORTGROUP
from vnetmgr.model.options.networks import NETWORK_OPTIONS, OPTION_OF
from vnetmgr.model.options.parsers import Kind
from vnetmgr.model.options.records import RECORD_OPTIONS
from vnetmgr.model.overlay.host import INTEGRATION_BRIDGE
from vnetmgr.model.seen.guests import orphans_of
from vnetmgr.model.show import show
from vnetmgr.model.spec import Spec
from vnetmgr.model.state import State
from vnetmgr.spec.checks import spec_problems
from vnetmgr.spec.export_parts import Exported, acceptable, kept_back, pairs, read_back
from vnetmgr.spec.networks import SPEC_KEY_OF, NetworkReader
from vnetmgr.spec.overlays.export import OverlayExport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vnetmgr.model.dhcp import Reservation
    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.options.compound import Compound
    from vnetmgr.model.options.networks import NetworkOption
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.yaml_text import Plain

_FIELD_OF = FIELD_OF | {key: field for field, key in SPEC_KEY_OF.items()}


class NetworkExport:
    """The networks of a host, one after the other: a spec's must not be in each other's way."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed
        self._wants: list[NetworkWant] = []
        self.overlays = OverlayExport.of(observed)

    @property
    def portgroups(self) -> dict[str, frozenset[str]]:
        """The portgroups that the spec's nics can name, of the networks that list theirs."""
        return {
            want.name: frozenset(group.name for group in want.patch.portgroups)
            for want in self._wants
            if isinstance(want.patch.portgroups, tuple)
        }

    def network(self, seen: SeenNetwork) -> Exported:
        """One of them, in the spec or left out."""
        if seen.any.mode is NetworkMode.OTHER:
            return _left_out(seen, "a spec cannot say what it forwards to")
        out = self._out_of_step(seen)
        values = _values(seen)
        if not self.overlays.is_seen(seen):
            values.pop("subnets", None)  # that there is none is not known
        read: dict[str, NetworkWant] = {}

        def accepts(tried: Mapping[str, Plain]) -> bool:
            if not _is_whole(tried):
                return False
            want = read_back(
                seen.name, tried, lambda document, at, node: NetworkReader(document).read(at, node)
            )
            if want is None or not _is_as(want, seen):
                return False
            if out is None and self._is_in_the_way(want):
                return False
            read["want"] = want
            return True

        found = None
        if _is_name(seen.name):
            found = acceptable(values, {"mode", *_needed(seen.any)}, accepts)
        if found is None:
            return _left_out(seen, out or "a spec cannot say what it is")
        if out is None:
            self._wants.append(read["want"])
        comments = _comments(seen, [key for key in values if key not in found])
        said = (*comments, *self.overlays.comments(seen))
        return Exported(key=seen.name, values=found, comments=said, left_out=out)

    def _is_in_the_way(self, want: NetworkWant) -> bool:
        """libvirt takes networks that overlap, as long as they do not run side by side, and any
        that are IPv6."""
        pairs = (Spec(networks=(other, want)) for other in self._wants)
        return any(True for pair in pairs for _ in spec_problems(pair))

    def _out_of_step(self, seen: SeenNetwork) -> str | None:
        """Why a spec that names it would change something; None where it would not."""
        if seen.name.startswith(HOP):
            return "a repair that was cut short left it behind"
        if seen.live is None:
            return "it is off, and a spec's networks run"
        if self._observed.network(hop_name(seen.name)) is not None:
            return "its repair was cut short, and a spec goes on with it"
        if seen.config is not None and seen.config.mode is not seen.live.mode:
            return f"it is {seen.config.mode} in config and {seen.live.mode} live"
        lost = [guest.label for guest in orphans_of(seen, self._observed)]
        if lost:
            return f"{', '.join(lost)} lost its bridge; a spec plugs them in again"
        return self.overlays.out(seen)


def _needed(network: Network) -> tuple[str, ...]:
    """The key without which it is nothing: the host's bridge, or link."""
    needed = network.mode.kind.needs
    return () if needed is None or network.has_own_bridge else (SPEC_KEY_OF[needed],)


_IN_SUBNETS = (
    *("gateways", "dhcp_ranges", "lease_time", "bootp", "tftp_root", "routes", "addresses"),
)


def _is_whole(values: Mapping[str, Plain]) -> bool:
    """Whether what is in a subnet, or is a reservation's, comes with that: else the network could
    not be made anew."""
    extra = values.get("extra")
    paths = list(extra) if isinstance(extra, dict) else []
    inside = any(values.get(key, "none") != "none" for key in _IN_SUBNETS)
    if "subnets" not in values and (inside or any(path.startswith("ip[") for path in paths)):
        return False
    return "addresses" in values or not any(".dhcp.host[" in path for path in paths)


def _is_as(want: NetworkWant, seen: SeenNetwork) -> bool:
    """Whether a network is as wanted in each of its states."""
    networks = (seen.config, seen.live)
    return not any(each is not None and network_differences(each, want.patch) for each in networks)


def _left_out(seen: SeenNetwork, reason: str) -> Exported:
    return Exported(key=seen.name, values={}, left_out=f"{reason} ({seen.any.mode})")


def _is_name(text: str) -> bool:
    try:
        check_object_name(text, what="network")
    except ValueError:
        return False
    return True


def _comments(seen: SeenNetwork, left: list[str]) -> Iterator[str]:
    network = seen.any
    fields = [_FIELD_OF.get(key, key) for key in left]
    patch = NetworkPatch(**{field: getattr(network, field) for field in fields})
    live = network_differences(seen.live, patch) if seen.live is not None else ()
    yield from kept_back(
        fields,
        config={field: show(getattr(network, field)) for field in fields},
        live={field: show(before) for field, before, _ in live},
    )
    xml = seen.xml(State.CONFIG) or seen.xml(State.LIVE) or ""
    yield from (f"not in the spec: {each}" for each in unmodelled_of_network(xml))


def _values(seen: SeenNetwork) -> dict[str, Plain]:
    """A network's keys, in the order of its options. A map that lost one on the way is not what is
    there, and is not accepted."""
    network = seen.any
    values: dict[str, Plain] = {}
    for field, option in OPTION_OF.items():
        said = _said(network, field, NETWORK_OPTIONS[option])
        if said is not None:
            values[SPEC_KEY_OF[field]] = said
    addresses = said_addresses(network.reservations)
    values |= {"addresses": addresses} if addresses else {}
    values |= {"records": [_record(each) for each in network.records]} if network.records else {}
    if seen.persistent:
        values["autostart"] = seen.autostart
    return values


def _said(network: Network, field: str, option: NetworkOption) -> Plain | None:
    """A field as a spec says it; None where there is nothing to say."""
    value = getattr(network, field)
    if field in _SAID:
        return _SAID[field](network)
    if value in (None, (), default_of(field)):
        return None
    if option.compound is not None:
        return _compound(option.compound, value)
    if isinstance(value, bool):
        return value
    if option.kind is Kind.PAIRS:
        return pairs(value)
    return _texts(value) if isinstance(value, tuple) else show(value)


def _compound(compound: Compound, value: object) -> Plain:
    """A map, or a text where its first part says all."""
    if isinstance(value, tuple):
        return [_compound(compound, each) for each in value]
    return compound.plainly(value)


def _texts(values: tuple[object, ...]) -> list[Plain]:
    return [str(value) for value in values]


def _subnets(network: Network) -> Plain | None:
    """Where there is none, the spec says so: a new network would get one."""
    if network.mode.kind.gets_subnet and not network.subnets:
        return "none"
    return _texts(network.subnets) or None


def _ranges(network: Network) -> Plain | None:
    """Where there is no DHCP, the spec says so: a new network would get some."""
    if network.subnets and not network.dhcp_ranges:
        return "none"
    return _texts(network.dhcp_ranges) or None


def _lease_time(network: Network) -> Plain | None:
    seconds = network.lease_time
    if seconds is None:
        return None
    return "infinite" if seconds == INFINITE_S else f"{seconds}s"


def _portgroups(network: Network) -> Plain | None:
    said: dict[str, Plain] = {}
    for group in network.portgroups:
        parts = PORTGROUP.said(group)
        said[group.name] = {key: value for key, value in parts.items() if key != "name"}
    return said or None


def _bridge(network: Network) -> Plain | None:
    """OVN's own is every overlay's."""
    usual = network.mode is NetworkMode.OVERLAY and network.bridge == INTEGRATION_BRIDGE
    return None if usual else network.bridge


def _virtualport(network: Network) -> Plain | None:
    return None if network.mode is NetworkMode.OVERLAY else network.virtualport


def _port_security(network: Network) -> Plain | None:
    return False if network.port_security is False else None


_SAID: dict[str, Callable[[Network], Plain | None]] = {
    "subnets": _subnets,
    "dhcp_ranges": _ranges,
    "lease_time": _lease_time,
    "portgroups": _portgroups,
    "bridge": _bridge,
    "virtualport": _virtualport,
    "port_security": _port_security,
}
"""What a spec says in a way of its own."""


def said_addresses(reservations: Iterable[Reservation]) -> dict[str, Plain]:
    """Reservations as a network lists them: by the client, which may have several."""
    found: dict[str, list[Plain]] = {}
    for each in reservations:
        client = each.mac or each.duid
        said: Plain = str(each.address)
        if client is not None and each.hostname is not None:
            said = {"address": said, "hostname": each.hostname}
        found.setdefault(client or f"name:{each.hostname}", []).append(said)
    return {client: said[0] if len(said) == 1 else said for client, said in found.items()}


def _record(record: DnsRecord) -> Plain:
    values: dict[str, Plain] = {str(record.kind): record.name}
    for key, option in RECORD_OPTIONS.items():
        value = getattr(record, option.field)
        if record.kind in option.kinds and option.field != "name" and value is not None:
            values[key] = str(value)
    return values
