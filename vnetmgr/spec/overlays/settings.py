"""Reads `ovn`: where the northbound database is, for whom vnetmgr writes there, and from what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.nic import Mode
from vnetmgr.model.overlay.options import OVN_KEYS
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.model.patch import Unset
from vnetmgr.model.record import replace
from vnetmgr.problem import About, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vnetmgr.model.spec import Spec, SpecDomain
    from vnetmgr.problem import Place
    from vnetmgr.spec.nodes import Document, Node, Places

OVN = About("ovn")


def read_ovn(document: Document, node: Node) -> OvnSettings:
    """One file's. `places` gets where each of its values stands."""
    origin = document.origin(node)
    values: dict[str, Any] = {}
    with document.about(OVN):
        pairs = document.pairs(node, "ovn")
        for key, value in document.known(pairs, OVN_KEYS, "ovn"):
            known = OVN_KEYS[key]
            parts = document.items(value, key) if known.several else [value]
            texts = document.texts(parts, key)
            if texts is None:
                continue
            try:
                values[key] = known.parse(",".join(texts))
            except ValueError as error:
                document.wrong(value, key, error)
            else:
                document.places[origin, key] = document.origin(value)
    return OvnSettings(**values, origin=origin)


def merged_ovn(said: Sequence[OvnSettings], places: Places, problems: list[Problem]) -> OvnSettings:
    """That of several files. What two of them say differently is a problem, and left out."""
    found: dict[str, tuple[object, Place | None]] = {}
    clashes = set()
    for each in said:
        for key in OVN_KEYS:
            value, place = getattr(each, key), places.get((each.origin, key), each.origin)
            if value is None:
                continue
            first, at = found.setdefault(key, (value, place))
            if first != value:
                clashes.add(key)
                problems.append(_problem(key, f"is said in two ways: {at} and {place}", place))
    problems += _wrong_files(found)
    values: dict[str, Any] = {key: v for key, (v, _) in found.items() if key not in clashes}
    return OvnSettings(**values, origin=said[0].origin)


def _wrong_files(found: Mapping[str, tuple[object, Place | None]]) -> Iterator[Problem]:
    """Of TLS: one alone of a pair, or what no connection would use."""
    for key, other in (("private_key", "certificate"), ("certificate", "private_key")):
        if key in found and other not in found:
            yield _problem(key, f"is of no use without {other}", found[key][1])
    northbound = found.get("northbound")
    if northbound is None or any(is_tls(each) for each in str(northbound[0]).split(",")):
        return
    for key in TlsFiles.FIELDS:
        if key in found:
            text = f"is for ssl:, and northbound is {northbound[0]}"
            yield _problem(key, text, found[key][1])


def is_tls(remote: str) -> bool:
    """Whether a connection to it is encrypted."""
    return remote.startswith("ssl:")


def _problem(key: str, text: str, place: Place | None) -> Problem:
    return Problem(OVN._replace(field=key), f"{key} {text}", origin=place)


def without_overlays(spec: Spec) -> Spec:
    """A spec without its overlays, and without what is on them: where it cannot be told for whom
    they would be written, or where."""
    networks = {want.name for want in spec.overlays}
    domains = {each.name for each in spec.domains if networks.intersection(_networks_of(each))}
    return replace(
        spec,
        ovn=None,
        networks=tuple(want for want in spec.networks if want.name not in networks),
        addresses=tuple(want for want in spec.addresses if want.domain not in domains),
        domains=tuple(domain for domain in spec.domains if domain.name not in domains),
    )


def _networks_of(domain: SpecDomain) -> Iterator[str]:
    for nic in domain.nics:
        source = nic.patch.source
        if not isinstance(source, Unset) and source.mode is Mode.NETWORK and source.name:
            yield source.name
