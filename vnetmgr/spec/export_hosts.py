"""The exports of several hosts as one spec: each domain on its host, and a network once where all
have it alike. What they have in different ways is named, and stands there as comments. What a
network keeps for a nic of the spec is that nic's `address`: no two hosts have the same guests.

The exports may come from other machines: they are read as specs, and what comes of them, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.errors import SpecError, VnetError
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import joined
from vnetmgr.model.network_want import FIELD_OF, AddressWant, NetworkWant
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET, given
from vnetmgr.model.record import Record, replace
from vnetmgr.model.yaml_text import yaml_lines, yaml_text
from vnetmgr.printable import is_printable
from vnetmgr.spec.export import Export
from vnetmgr.spec.export_networks import said_addresses
from vnetmgr.spec.export_parts import comment
from vnetmgr.spec.files import SpecText, load_all, load_spec
from vnetmgr.spec.networks import SPEC_KEY_OF
from vnetmgr.spec.overlays.export import merged_settings, of_other_fleets, ovn_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.dhcp import Reservation
    from vnetmgr.model.spec import Spec
    from vnetmgr.model.values import Mac
    from vnetmgr.problem import Place

_SECTIONS = ("networks", "domains")
_KEY, _BODY = 2, 4
"""How far an export indents what is in a section, and what is in that."""
_KEY_OF = {field: key for key, field in FIELD_OF.items()}
_Lines: TypeAlias = "tuple[str, ...]"
_Client: TypeAlias = "tuple[str | None, Mac | None]"
"""Of a network, by name."""


class _HostExport(Record):
    """What one host has."""

    host: str
    spec: Spec
    bodies: Mapping[tuple[str, str], _Lines]
    """(section, name) -> what stands below it."""
    comments: Mapping[str, _Lines]
    """Section -> what stands there besides: what is left out."""


def merge_exports(
    texts: Mapping[str, str], *, unknown: Sequence[str] = (), whole: bool = True
) -> tuple[Export, dict[str, VnetError]]:
    """One spec of what hosts have exported, and what is wrong with the exports of which.
    `unknown`: hosts of which nobody knows what they have; `whole`: whether there is no other host,
    on which a network would be that stands there without `hosts`."""
    read: dict[str, tuple[Spec, list[str]]] = {}
    wrong: dict[str, VnetError] = {}
    for host, text in texts.items():
        try:
            read[host] = _read(host, text)
        except VnetError as error:
            wrong[host] = error
    guests = {key for spec, _ in read.values() for key in _nics_by_mac(spec)}
    found = [_export(host, spec, lines, guests) for host, (spec, lines) in read.items()]
    return _Merge(found, [*unknown, *wrong], whole=whole).export(), wrong


def _read(host: str, text: str) -> tuple[Spec, list[str]]:
    """Raises VnetError for what no export looks like."""
    lines = text.split("\n")
    if not all(map(is_printable, lines)):
        raise VnetError(f"what {host} has exported is no text that can be shown")
    try:
        spec = load_spec([SpecText(f"export of {host}", text)])
    except SpecError as error:
        first = error.problems[0]
        raise VnetError(f"what {host} has exported is no spec: {first}") from None
    return spec, lines


def _export(host: str, spec: Spec, lines: list[str], guests: Collection[_Client]) -> _HostExport:
    moved = _with_nics_addresses(spec, lines, guests)
    if moved is not None:
        spec, lines = moved
    places = {("networks", want.name): want.origin for want in spec.networks}
    places |= {("domains", domain.name): domain.origin for domain in spec.domains}
    bodies = {key: tuple(_body(lines, place)) for key, place in places.items()}
    return _HostExport(host=host, spec=spec, bodies=bodies, comments=dict(_comments(lines)))


def _with_nics_addresses(
    spec: Spec, lines: list[str], guests: Collection[_Client]
) -> tuple[Spec, list[str]] | None:
    """With the reservations that networks list for nics of the spec at those nics; and without what
    an overlay has for nics of other hosts' specs (`guests`: of any). None where there is none, or
    the text is not as exports are written, so that it says something else then."""
    nics = _nics_by_mac(spec)
    networks: list[NetworkWant] = []
    addresses: list[AddressWant] = []
    edits: list[tuple[int, int, list[str]]] = []
    for want in spec.networks:
        listed = given(want.patch.reservations)
        nic_of = {each: nics.get((want.name, each.mac)) for each in listed if _is_plain(each)}
        found = [(each, nic) for each, nic in nic_of.items() if nic is not None]
        spans = want.patch.is_overlay
        gone = {each for each in nic_of if spans and (want.name, each.mac) in guests}
        gone |= {each for each, _ in found}
        if not gone or _says_more(want.patch.extra):
            networks.append(want)
            continue
        rest = tuple(each for each in listed if each not in gone)
        patch = replace(want.patch, reservations=rest or UNSET)
        networks.append(replace(want, patch=patch))
        edits.append(_list_anew(lines, want.origin, rest))
        for each, nic in found:
            addresses.append(_address_of(nic, want.name, each))
            edits.append(_line_below(nic, f"address: {each.address}"))
    if not edits:
        return None
    meant = replace(spec, networks=tuple(networks), addresses=(*spec.addresses, *addresses))
    edited = list(lines)
    for at, count, new in sorted(edits, reverse=True):
        edited[at : at + count] = new
    try:
        read = load_spec([SpecText("export", "\n".join(edited))])
    except SpecError:
        return None
    return (read, edited) if _without_places(read) == _without_places(meant) else None


def _nics_by_mac(spec: Spec) -> dict[_Client, NicWant]:
    """(network, MAC) -> the nic, of those whose `address` says nothing yet."""
    told = {(each.domain, each.nic) for each in spec.addresses}
    found: dict[_Client, NicWant] = {}
    for nic in (nic for domain in spec.domains for nic in domain.nics):
        source, mac = nic.patch.source, nic.patch.mac
        if source is UNSET or source.mode is not Mode.NETWORK or mac is UNSET:
            continue
        if (nic.domain, nic.spec_name) not in told:
            found[source.name, mac] = nic
    return found


def _is_plain(reservation: Reservation) -> bool:
    """Whether a nic's `address` says all of it."""
    mac, others = reservation.mac, (reservation.duid, reservation.hostname)
    return mac is not None and others == (None, None) and reservation.address.version == 4


def _says_more(extra: object) -> bool:
    """Whether settings are about reservations, which have to be listed beside them."""
    return isinstance(extra, tuple) and any(".dhcp.host[" in path for path, _ in extra)


def _address_of(nic: NicWant, network: str, reservation: Reservation) -> AddressWant:
    return AddressWant(
        network=network,
        intent=Intent.PRESENT,
        domain=nic.domain,
        nic=nic.spec_name,
        address=reservation.address,
    )


def _list_anew(
    lines: Sequence[str], place: Place | None, rest: Sequence[Reservation]
) -> tuple[int, int, list[str]]:
    """(first line, how many, what stands there then) of a network's `addresses`."""
    at = place.line if place else 0
    while at < len(lines) and not lines[at].startswith(f"{' ' * _BODY}addresses:"):
        at += 1
    end = at + 1
    while end < len(lines) and lines[end].startswith(" " * (_BODY + 1)):
        end += 1
    listed = yaml_lines({"addresses": said_addresses(rest)} if rest else {})
    return at, end - at, [f"{' ' * _BODY}{line}" for line in listed]


def _line_below(nic: NicWant, text: str) -> tuple[int, int, list[str]]:
    """The same of a key that a nic gets below its source, which is the first one."""
    at = nic.origin.line + 1 if nic.origin else 0
    return at, 0, [f"{' ' * (_BODY + 4)}{text}"]


def _without_places(spec: Spec) -> tuple[object, object]:
    """What it says of networks, nics and their addresses."""
    nics = (nic for domain in spec.domains for nic in domain.nics)
    wants = (*spec.networks, *nics)
    addresses = {replace(want, origin=None) for want in spec.addresses}
    return [replace(want, origin=None) for want in wants], addresses


def _body(lines: Sequence[str], place: Place | None) -> Iterator[str]:
    for line in lines[place.line :] if place else ():
        if not line.startswith(" " * _BODY):
            return
        yield line[_BODY:]


def _comments(lines: Iterable[str]) -> Iterator[tuple[str, _Lines]]:
    """What stands in each section besides its objects."""
    found: dict[str, list[str]] = {section: [] for section in _SECTIONS}
    section = ""
    for line in lines:
        if not line.startswith(" "):
            section = line.partition(":")[0]
        elif section in found and line.startswith(" " * _KEY + "#"):
            found[section].append(line[_KEY:].removeprefix("#").strip())
    yield from ((each, tuple(said)) for each, said in found.items())


class _Merge:
    def __init__(
        self, exports: Sequence[_HostExport], unknown: Sequence[str], *, whole: bool
    ) -> None:
        self._exports, self._unknown = exports, unknown
        self._whole = whole and not unknown
        self._ovn = merged_settings(export.spec for export in exports)
        self._refused: list[str] = []
        self._out: dict[tuple[str, str], str] = {}
        """What is in the exports, and cannot be in the spec, with the reason."""

    def export(self) -> Export:
        """The spec, which can be read; what two hosts have in ways that do not go together is left
        out of it."""
        self._networks()
        self._domains()
        while True:
            text = "\n".join((*self._lines(), ""))
            problems = load_all([SpecText("export", text)], apart=True).problems
            before = len(self._out)
            for each in problems:
                for about in each.abouts:
                    kind, name = about.whole.kind, about.whole.name
                    self._leave_out(f"{kind}s", name, f"{kind} {name}: {each.text}")
            if len(self._out) == before:
                return Export(text=text, refused=tuple(self._refused))

    def _leave_out(self, section: str, name: str, reason: str) -> None:
        if (section, name) not in self._out:
            self._out[section, name] = reason
            self._refused.append(reason)

    def _networks(self) -> None:
        """Networks that hosts have in different ways; one may have it in a way of which no spec
        can say anything, and a guest on it."""
        for export in self._exports:
            for name, reason in of_other_fleets(export.spec, self._ovn):
                self._leave_out("networks", name, f"network {name} on {export.host}: {reason}")
        for name in self._names("networks"):
            kinds: list[tuple[object, list[str]]] = []
            for export in self._exports:
                meant = _meant(export.spec, name)
                if meant is not None:
                    same = next((hosts for each, hosts in kinds if each == meant), None)
                    if same is None:
                        kinds.append((meant, [export.host]))
                    else:
                        same.append(export.host)
            if len(kinds) > 1:
                ways = "; ".join(joined(hosts) for _, hosts in kinds)
                keys = _differing([meant for meant, _ in kinds])
                text = f"network {name} is not the same on {ways}"
                self._leave_out("networks", name, f"{text}: {joined(keys)}" if keys else text)

    def _domains(self) -> None:
        for name in self._names("domains"):
            hosts = [each.host for each in self._exports if ("domains", name) in each.bodies]
            if len(hosts) > 1:
                text = f"domain {name} is on {joined(hosts)}, and a spec has it on one"
                self._leave_out("domains", name, text)

    def _names(self, section: str) -> list[str]:
        return sorted({name for each in self._exports for at, name in each.bodies if at == section})

    def _lines(self) -> Iterator[str]:
        hosts = joined([each.host for each in self._exports])
        yield comment(f"The networks and nics of {hosts}, by vnetmgr export.")
        if self._unknown:
            yield comment(f"What is on {joined(list(self._unknown))} is not known.")
        yield "version: 1"
        yield from ovn_lines(self._ovn)
        for section in _SECTIONS:
            lines = [line for name in self._names(section) for line in self._object(section, name)]
            for each in self._exports:
                lines += (comment(f"{each.host}: {said}") for said in each.comments[section])
            empty = all(line.startswith("#") for line in lines)
            yield f"{section}: {{}}" if empty else f"{section}:"
            yield from (f"{' ' * _KEY}{line}" for line in lines)

    def _object(self, section: str, name: str) -> Iterator[str]:
        """A network or domain as it stands in the spec; one that cannot is there as comments, of
        each host."""
        having = [each for each in self._exports if (section, name) in each.bodies]
        out = self._out.get((section, name))
        if out is None:
            yield from self._written(section, name, having)
            return
        yield comment(out)
        for each in having:
            yield from (f"# {line}" for line in self._written(section, name, [each]))

    def _written(self, section: str, name: str, having: Sequence[_HostExport]) -> Iterator[str]:
        names = [yaml_text(each.host) for each in having]
        yield f"{yaml_text(name)}:"
        if section == "domains":
            yield f"  host: {names[0]}"
        elif not self._whole or len(names) < len(self._exports):
            yield f"  hosts: [{', '.join(names)}]"
        yield from (f"  {line}" for line in having[0].bodies[section, name])


def _differing(meant: Sequence[object]) -> list[str]:
    """The keys that do not say the same everywhere; none where a host's network cannot be said."""
    wants = [each for each in meant if isinstance(each, NetworkWant)]
    if len(wants) < len(meant):
        return []
    first, *others = ({**dict(want.patch.items()), "autostart": want.autostart} for want in wants)
    fields = {key for other in others for key in (*first, *other)}
    keys = _KEY_OF | SPEC_KEY_OF
    return sorted(
        keys.get(field, field)
        for field in fields
        if any(other.get(field, UNSET) != first.get(field, UNSET) for other in others)
    )


def _meant(spec: Spec, name: str) -> object | None:
    """What a host says that a network is; None where it knows none of that name."""
    for want in spec.networks:
        if want.name == name:
            return replace(want, origin=None)
    for nic in (nic for domain in spec.domains for nic in domain.nics):
        source = nic.patch.source
        if source is not UNSET and source.mode is Mode.NETWORK and source.name == name:
            return "what no spec can say"
    return None
