"""Which domains a word of a command means: by name, by UUID, by a running one's id, or by a pattern
of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import NotFoundError, RefusedError, UnsupportedError
from vnetmgr.host.observe import domain_names
from vnetmgr.model.names import domain_id, domain_uuid, is_pattern, matching
from vnetmgr.printable import shell_word
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libvirt

    from vnetmgr.host.session import Session


def domain_called(session: Session, word: str) -> str:
    """A domain's name. The word itself where no UUID and no id is that: then it is a name, or that
    of none. Raises RefusedError where it leads to two."""
    return session.call.together(lambda: _called(session, word))


def domains_called(session: Session, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The names of the domains that each word leads to: none or several for a pattern. Where a
    domain has such a text as its name, that one is meant."""
    names = domain_names(session) if any(map(is_pattern, words)) else []
    return {word: _matching(session, word, names) for word in words}


def domain_numbers(session: Session) -> dict[str, str]:
    """Every domain's UUID, and its id while it runs, each with its name; for completion."""
    handles = session.call("domains", session.conn.listAllDomains, 0)
    uuids = {handle.UUIDString(): handle.name() for handle in handles}
    return uuids | {str(handle.ID()): handle.name() for handle in handles if handle.ID() >= 0}


def _matching(session: Session, word: str, names: Sequence[str]) -> tuple[str, ...]:
    if not is_pattern(word) or word in names:
        return (domain_called(session, word),)
    return tuple(matching(word, names))


def _called(session: Session, word: str) -> str:
    found = _by_number(session, word)
    if found is None:
        return word
    name, uuid = found.name(), found.UUIDString()
    try:
        named = session.lookup(word)
    except NotFoundError:
        return name
    if named.UUIDString() == uuid:
        return name
    what = "id" if domain_uuid(word) is None else "UUID"
    raise RefusedError(
        f"{word} leads to two domains: it is the {what} of {name}, and the name of another",
        f"give the name of the one, {shell_word(name)}, or the UUID of the other, "
        f"{named.UUIDString()}",
        about=About("domain", word),
    )


def _by_number(session: Session, word: str) -> libvirt.virDomain | None:
    about, conn = About("domain", word), session.conn
    number, uuid = domain_id(word), domain_uuid(word)
    try:
        if number is not None:
            return session.call(about, conn.lookupByID, number)
        if uuid is not None:
            return session.call(about, conn.lookupByUUIDString, uuid)
    except (NotFoundError, UnsupportedError):
        pass
    return None
