"""The files that several hosts are kept by: the spec's, and the one that names the hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import LeftOutError, SpecError, VnetError
from vnetmgr.fleet.place import domains_of, place
from vnetmgr.fleet.watching.keeper import Order
from vnetmgr.model.record import Record
from vnetmgr.model.spec import Spec
from vnetmgr.problem import About
from vnetmgr.spec.files import load_all, load_sound, read_files
from vnetmgr.spec.placed import Bundle, bundle_document
from vnetmgr.watch.spec_files import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vnetmgr.fleet.hosts import Hosts
    from vnetmgr.fleet.place import HostDomain
    from vnetmgr.fleet.watching.watched import Document
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.spec.files import SpecText


class Meant(Record):
    """How the files are meant."""

    paths: tuple[str, ...]
    hosts_file: str
    load_hosts: Callable[[], Hosts]
    """All hosts there are. Raises VnetError."""
    words: tuple[str, ...] = ()
    """Which of them are meant; none: all."""
    strict: bool = False
    all_or_nothing: bool = False


class Files:
    """What they said when they were read last."""

    def __init__(self, meant: Meant) -> None:
        self._meant = meant
        self._spec = Spec()
        self._texts: tuple[SpecText, ...] = ()
        self._hosts: tuple[str, ...] = ()
        self._domains: dict[str, tuple[Document, tuple[HostDomain, ...]]] = {}
        """What each host has said last, and what that was read as."""
        self.wrong: LeftOutError | None = None
        """What is wrong in the spec, of which the rest is in force."""

    def load(self) -> Hosts:
        """Read them, and the hosts that are meant. Raises VnetError."""
        meant = self._meant
        known = meant.load_hosts()
        hosts = known.chosen(meant.words)
        texts = tuple(read_files(meant.paths))
        read = load_all if meant.all_or_nothing else load_sound
        loaded = read(texts, known=known, apart=True)
        if loaded.problems and (loaded.nothing or meant.all_or_nothing):
            raise SpecError(loaded.problems)
        self.wrong = LeftOutError(loaded.problems) if loaded.problems else None
        self._spec, self._texts, self._hosts = loaded.spec, texts, hosts.names
        return hosts

    @property
    def ovn(self) -> OvnSettings | None:
        """What the spec says of OVN's northbound database."""
        return self._spec.ovn

    def fingerprint(self) -> object:
        """What changes with them."""
        return fingerprint((*self._meant.paths, self._meant.hosts_file))

    def order(self, domains: Mapping[str, Document | None]) -> Order:
        """The spec, and where its domains are."""
        found: dict[str, tuple[HostDomain, ...]] = {}
        odd: list[VnetError] = []
        for host, document in domains.items():
            try:
                if document is not None:
                    found[host] = self._domains_of(host, document)
            except ValueError as error:
                text = f"host {host}: what it says of its domains makes no sense: {error}"
                odd.append(VnetError(text, about=About("host", host)))
        before = {host: read for host, (_, read) in self._domains.items()}
        strict = self._meant.strict
        placement = place(self._spec.domains, self._hosts, found, before=before, strict=strict)
        bundle = Bundle(files=self._texts, placed=placement.placed)
        return Order(
            told=bundle_document(bundle),
            errors=(*odd, *placement.errors),
            notes=placement.notes,
        )

    def _domains_of(self, host: str, document: Document) -> tuple[HostDomain, ...]:
        before = self._domains.get(host)
        if before is None or before[0] is not document:
            before = self._domains[host] = document, domains_of(document)
        return before[1]
