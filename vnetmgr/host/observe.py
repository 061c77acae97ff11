"""Reads what is there, within a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import libvirt

from vnetmgr.errors import ConnectionLostError, NotFoundError, UnsupportedError, VnetError
from vnetmgr.host.pair import pair
from vnetmgr.libvirt_xml.domain_read import kept_data, read_domain, says_no_more
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.record import Record, replace
from vnetmgr.model.seen.observed import EVERY, Observed
from vnetmgr.printable import shell_word
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vnetmgr.host.session import Session
    from vnetmgr.model.dhcp import Lease
    from vnetmgr.model.domain import DomainDocument
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.seen.observed import Links, Scope

# From this many domains on, a few lists of all of them cost less than four calls for each.
_MANY = 16
# So many documents are fetched before they are handed over.
_AT_ONCE = 64


_Documents: TypeAlias = tuple[str | None, str | None]
"""(config, live)."""


class _Listed(Record):
    """A domain's handle and state."""

    name: str
    handle: libvirt.virDomain
    active: bool
    persistent: bool
    paused: bool
    managed_save: bool


def observe(session: Session, scope: Scope, *, remote: bool) -> Observed:
    """Everything that the scope asks for; raises NotFoundError for domains that must exist."""
    unread: dict[str, VnetError] = {}
    domains = tuple(_domains(session, scope, unread))
    if scope.forwards_of_these and any(domain.forwards for domain in domains):
        scope = replace(scope, forwards=True)
        domains = tuple(_domains(session, scope, unread))
    if scope.forwards and any(domain.forwards for domain in domains):
        # Any network may be what they lead to, and its leases tell where.
        scope = replace(scope, networks=(EVERY,), leases=(EVERY,))
        if any(domain.active for domain in domains):
            from vnetmgr.host.monitor import with_host_forwards

            domains = tuple(with_host_forwards(session, domains, taint=scope.taint))
    return Observed(
        uri=session.uri,
        host=session.hostname,
        features=session.features,
        domains=domains,
        unread=tuple(unread[name] for name in sorted(unread)),
        networks=_networks(session, scope, remote=remote) if scope.networks else (),
        leases=_leases(session, scope.leases) if scope.leases else (),
        filters=_filters(session) if scope.filters else None,
        virt_type=virt_type(session) if scope.new_domains else None,
        links=_links(session, scope.bridges) if scope.links and remote else None,
    )


def _networks(session: Session, scope: Scope, *, remote: bool) -> tuple[SeenNetwork, ...]:
    from vnetmgr.host.networks import observe_networks

    return observe_networks(session, scope.networks, ports=scope.ports and remote)


def _links(session: Session, bridges: Sequence[str]) -> Links | None:
    if not session.features.host_links:
        return None
    from vnetmgr.host.links import read_links

    return read_links(session, bridges)


def _leases(session: Session, names: Sequence[str]) -> tuple[Lease, ...]:
    from vnetmgr.host.leases import read_leases

    return read_leases(session, names)


def _filters(session: Session) -> frozenset[str] | None:
    try:
        return frozenset(session.call("filters", session.conn.listNWFilters))
    except VnetError:  # a session's libvirt, or the test driver
        return None


def virt_type(session: Session) -> str:
    """What a new domain runs on: kvm where the host can, which only libvirt knows."""
    if session.call("driver", session.conn.getType).upper() == "TEST":
        return "test"
    try:
        session.call("KVM", session.conn.getDomainCapabilities, None, None, None, "kvm")
    except VnetError:
        return "qemu"
    return "kvm"


def domain_names(session: Session) -> list[str]:
    """Every domain's name."""
    return sorted(_known(session))


def _domains(session: Session, scope: Scope, unread: dict[str, VnetError]) -> Iterator[SeenDomain]:
    required = tuple(dict.fromkeys(scope.domains))
    names = tuple(dict.fromkeys((*required, *scope.new_domains, *scope.optional_domains)))
    everyone = scope.all_domains or scope.running_domains
    looks = scope.forwards and session.features.host_links
    all_at_once = everyone or len(names) >= _MANY
    listed = (
        _list_all(session)
        if all_at_once
        else session.call.together(lambda: _look_up(session, names))
    )
    missing = [name for name in required if name not in listed]
    if missing:
        from vnetmgr.host.translate import missing_domains

        raise missing_domains(missing, _known(session), uri=session.uri)
    wanted = {n: listed[n] for n in names if n in listed}
    if everyone:
        wanted = {n: one for n, one in listed.items() if scope.all_domains or one.active} | wanted
    if looks:
        listed = listed if all_at_once else _list_all(session)
        wanted |= _with_forwards(session, {n: one for n, one in listed.items() if n not in wanted})
    passed = unread if scope.past_unread else None
    for domain in _read_all(
        session, list(wanted.values()), required=frozenset(required), unread=passed
    ):
        looks_in = scope.saved_nics and domain.managed_save
        yield _with_saved(session, domain) if looks_in else domain


def _with_saved(session: Session, domain: SeenDomain) -> SeenDomain:
    """With the nics that its managed save has. The test driver's saves cannot be read."""
    what = About("domain", domain.name)
    try:
        handle = session.lookup(domain.name)
        xml = session.call(what, handle.managedSaveGetXMLDesc, 0)
    except (NotFoundError, UnsupportedError):
        return domain
    except VnetError:
        if session.call(what, handle.hasManagedSaveImage):
            raise
        # It has been started from it since, and is read as it is now.
        listed = tuple(_look_up(session, (domain.name,)).values())
        return next(_read_all(session, listed, required=frozenset()), domain)
    return replace(domain, saved_nics=tuple(nic for nic, _ in read_domain(xml).nics))


def _with_forwards(session: Session, others: dict[str, _Listed]) -> dict[str, _Listed]:
    """The domains that have port forwards, of those that nobody named: their metadata tells, at a
    quarter of what their documents cost."""
    names = _noting(session, list(others.values()), "forward")
    return {name: others[name] for name in others if name in names}


def domains_noting(session: Session, word: str) -> list[str]:
    """The domains in whose metadata vnetmgr has an element of that name."""
    return sorted(_noting(session, list(_list_all(session).values()), word))


def _noting(session: Session, listed: Sequence[_Listed], word: str) -> frozenset[str]:
    places = range(len(listed))
    found = session.call.fan_out(lambda place: _data(session, listed[place]), places)
    return frozenset(listed[place].name for place, data in found if word in data)


def _data(session: Session, one: _Listed) -> str:
    """vnetmgr's own element of a domain's metadata, of both states: a restored domain may run with
    one that its config has no more. Empty for one that has none."""
    flags = [libvirt.VIR_DOMAIN_AFFECT_CONFIG] if one.persistent else []
    flags += [libvirt.VIR_DOMAIN_AFFECT_LIVE] if one.active else []
    return "".join(_data_in(session, one, flag) for flag in flags)


def _data_in(session: Session, one: _Listed, flag: int) -> str:
    from vnetmgr.libvirt_xml.metadata import VNETMGR

    element = libvirt.VIR_DOMAIN_METADATA_ELEMENT
    try:
        what = About("domain", one.name)
        return str(session.call(what, one.handle.metadata, element, VNETMGR, flag))
    except ConnectionLostError:
        raise
    except VnetError:  # it has none, or has just gone
        return ""


def _known(session: Session) -> list[str]:
    handles = session.call("domains", session.conn.listAllDomains, 0)
    return sorted(handle.name() for handle in handles)


def _list_all(session: Session) -> dict[str, _Listed]:
    """All domains, in libvirt's order, in four calls whatever their number.

    The handles carry the id that the domain had when they were listed: -1 for one that is off.
    """
    handles = session.call("domains", session.conn.listAllDomains, 0)
    transient = _uuids(session, libvirt.VIR_CONNECT_LIST_DOMAINS_TRANSIENT)
    saved = _uuids(session, libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE)
    session.handles.update({handle.name(): handle for handle in handles})
    active = any(handle.ID() >= 0 for handle in handles)
    paused = _uuids(session, libvirt.VIR_CONNECT_LIST_DOMAINS_PAUSED) if active else frozenset()
    return {
        (name := handle.name()): _Listed(
            name=name,
            handle=handle,
            active=handle.ID() >= 0,
            persistent=(uuid := handle.UUIDString()) not in transient,
            paused=uuid in paused,
            managed_save=uuid in saved,
        )
        for handle in handles
    }


def _uuids(session: Session, flag: int) -> frozenset[str]:
    handles = session.call("domains", session.conn.listAllDomains, flag)
    return frozenset(handle.UUIDString() for handle in handles)


def _look_up(session: Session, names: Iterable[str]) -> dict[str, _Listed]:
    found: dict[str, _Listed] = {}
    for name in names:
        try:
            found[name] = _look_up_one(session, name)
        except NotFoundError:
            continue
    return found


def _look_up_one(session: Session, name: str) -> _Listed:
    what, handle = About("domain", name), session.lookup(name)
    session.handles[name] = handle
    active = handle.ID() >= 0
    state = session.call(what, handle.state)[0] if active else None
    return _Listed(
        name=name,
        handle=handle,
        active=active,
        persistent=bool(session.call(what, handle.isPersistent)),
        paused=state == libvirt.VIR_DOMAIN_PAUSED,
        managed_save=not active and bool(session.call(what, handle.hasManagedSaveImage)),
    )


def _read_all(
    session: Session,
    listed: Sequence[_Listed],
    *,
    required: frozenset[str],
    unread: dict[str, VnetError] | None = None,
) -> Iterator[SeenDomain]:
    """The domains in the order given. One that has gone since it was listed is left out, but
    for those that must exist; so is one that cannot be read where `unread` is to tell of it."""
    places = range(len(listed))
    fetch, read = _documents_of_few, read_domain
    if len(listed) >= _MANY:
        from vnetmgr.libvirt_xml.excerpt_read import read_one_of_many

        fetch, read = _documents_of_many, read_one_of_many
    seen: dict[int, SeenDomain] = {}
    # Each document is parsed as it comes, while the next ones are on their way.
    for place, (config_xml, live_xml) in fetch(session, listed):
        one = listed[place]
        if config_xml is not None or live_xml is not None:
            try:
                domain = _seen(one, read, config_xml=config_xml, live_xml=live_xml)
            except VnetError as error:
                why = _unreadable(one.name, error)
                if unread is None or one.name in required:
                    raise why from error
                unread[one.name] = why
                continue
            seen[place] = domain
            if domain.name != one.name and one.name in required:
                raise NotFoundError(f"domain {one.name}: its name is {domain.name} by now")
        elif one.name in required:
            raise NotFoundError(f"domain {one.name}: it has just gone")
    return (seen[place] for place in places if place in seen)


def _unreadable(name: str, error: VnetError) -> VnetError:
    """As where a nic's profileid has a `<`: libvirt 9.0 takes it, and does not escape it again."""
    return VnetError(
        f"domain {name}: libvirt's document of it cannot be read: {error.text}",
        error.hint or f"look for the place in `virsh dumpxml {shell_word(name)}`, and mend it",
        about=About("domain", name),
    )


def _documents_of_few(
    session: Session, listed: Sequence[_Listed]
) -> Iterator[tuple[int, _Documents]]:
    yield from enumerate(
        session.call.together(lambda: [_documents(session, one) for one in listed])
    )


def _documents_of_many(
    session: Session, listed: Sequence[_Listed]
) -> Iterator[tuple[int, _Documents]]:
    """Several at a time: threads that hand over each document alone spend as long on that as on
    fetching it."""
    from vnetmgr.runtime.pool import THREADS

    size = min(_AT_ONCE, -(-len(listed) // THREADS))
    places = range(len(listed))
    parts = [places[begin : begin + size] for begin in range(0, len(places), size)]
    for part, found in session.call.fan_out(
        lambda part: [_documents(session, listed[place]) for place in part], parts
    ):
        yield from zip(part, found, strict=True)


def _documents(session: Session, one: _Listed) -> _Documents:
    """(config, live); both None when the domain has gone."""
    what, config, live = About("domain", one.name), None, None
    try:
        if one.persistent:
            config = session.call(what, one.handle.XMLDesc, libvirt.VIR_DOMAIN_XML_INACTIVE)
        if one.active:
            live = session.call(what, one.handle.XMLDesc, 0)
    except NotFoundError:
        return None, None
    # One that was shut off meanwhile has its config here; only a running domain has an id.
    return config, live if live and " id=" in live.partition(">")[0] else None


def _seen(
    one: _Listed,
    read: Callable[[str], DomainDocument],
    *,
    config_xml: str | None,
    live_xml: str | None,
) -> SeenDomain:
    config = None if config_xml is None else read(config_xml)
    if live_xml is None:
        live = None
    else:
        live = config if says_no_more(live_xml, config_xml) else read(live_xml)
    any_document = config or live
    if any_document is None:
        raise ValueError("a domain has at least one document")
    kept = kept_data(any_document)
    return SeenDomain(
        name=any_document.name,
        uuid=any_document.uuid,
        config_xml=config_xml,
        live_xml=live_xml,
        nics=pair(
            any_document.name,
            config.nics if config else (),
            live.nics if live else (),
            known=kept.get("pairs", {}),
        ),
        paused=one.paused,
        managed_save=one.managed_save,
        agent_connected=live is not None and live.agent_connected,
        outdated_data=config is not None
        and live is not None
        and not _says_the_same(config.data_xml, live.data_xml),
        **kept,
    )


def _says_the_same(one: str | None, other: str | None) -> bool:
    if one == other:
        return True
    from vnetmgr.libvirt_xml.metadata import says_the_same

    return says_the_same(one, other)
