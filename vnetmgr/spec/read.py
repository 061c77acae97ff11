"""Reads the top of a spec: one file's networks and domains, and everything wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import check_object_name
from vnetmgr.model.options.parsers import parse_boolean
from vnetmgr.model.spec import Spec, SpecDomain
from vnetmgr.problem import About
from vnetmgr.spec.hosts import read_host
from vnetmgr.spec.nics import NicReader
from vnetmgr.spec.nodes import Document

if TYPE_CHECKING:
    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.network_want import AddressWant, NetworkWant
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.problem import Problem
    from vnetmgr.spec.nodes import Node, Places

VERSION = "1"
TOP_KEYS = ("version", "ovn", "networks", "domains", "prune")
DOMAIN_KEYS = ("host", "nics", "forwards", "prune")


def read_spec(text: str, file: str, problems: list[Problem], places: Places) -> Spec:
    """One file's spec; what is wrong in it is added to `problems`, and left out. `places` gets
    where single values stand; `prune` of a file has (file, "prune")."""
    return _Reader(Document(file, problems, places)).spec(text)


def read_version(document: Document, root: Node, node: Node | None) -> None:
    """Tell where a file is of no version, or of an unknown one."""
    if node is None:
        document.problem(root, f"version is missing: a {document.kind} has version: {VERSION}")
    elif (text := document.text(node, "version")) not in (None, VERSION):
        document.problem(node, f"version {text} is not known; this is version {VERSION}")


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._nics = NicReader(document)
        self._addresses: list[AddressWant] = []

    def spec(self, text: str) -> Spec:
        document = self._document
        root = document.root(text)
        if root is None:
            return Spec(files=(document.file,))
        pairs = document.pairs(root, "the spec")
        known = dict(document.known(pairs, TOP_KEYS, "a spec"))
        if document.is_map(root):
            read_version(document, root, known.get("version"))
        networks = self._all_networks(known.get("networks"))
        domains = self._all_domains(known.get("domains"))
        return Spec(
            files=(document.file,),
            networks=tuple(networks),
            addresses=tuple(self._addresses),
            domains=tuple(domains),
            prune=self._prune(document.file, known.get("prune")),
            ovn=self._ovn(known.get("ovn")),
        )

    def _ovn(self, node: Node | None) -> OvnSettings | None:
        if node is None:
            return None
        from vnetmgr.spec.overlays.settings import read_ovn  # most specs have no overlays

        return read_ovn(self._document, node)

    def _prune(self, owner: object, node: Node | None) -> bool:
        if node is None:
            return False
        text = self._document.text(node, "prune")
        try:
            prune = text is not None and parse_boolean(text)
        except ValueError as error:
            self._document.problem(node, f"prune: {error}")
            return False
        self._document.places[owner, "prune"] = self._document.origin(node)
        return prune

    def _all_networks(self, node: Node | None) -> list[NetworkWant]:
        if node is None:
            return []
        from vnetmgr.spec.networks import NetworkReader  # many modules, and most specs have none

        reader = NetworkReader(self._document)
        found = []
        for name, (key, value) in self._document.parts(node, "networks", "network").items():
            with self._document.about(About("network", name)):
                self._check_name(key, name, "network")
                found.append(reader.read(key, value))
        return found

    def _check_name(self, key: Node, name: str, what: str) -> None:
        try:
            check_object_name(name, what=what)
        except ValueError as error:
            self._document.problem(key, str(error))

    def _all_domains(self, node: Node | None) -> list[SpecDomain]:
        if node is None:
            return []
        found = []
        for name, (key, value) in self._document.parts(node, "domains", "domain").items():
            with self._document.about(About("domain", name)):
                found.append(self._domain(name, key, value))
        return found

    def _domain(self, name: str, key: Node, node: Node) -> SpecDomain:
        document, origin = self._document, self._document.origin(key)
        self._check_name(key, name, "domain")
        pairs = document.pairs(node, f"domain {name}")
        known = dict(document.known(pairs, DOMAIN_KEYS, "a domain"))
        nics: list[NicWant] = []
        if "nics" in known:
            for at, value in document.pairs(known["nics"], f"nics of domain {name}").values():
                nic, address = self._nics.read(name, at, value)
                if nic is not None:
                    nics.append(nic)
                if address is not None:
                    self._addresses.append(address)
            document.whose = About("domain", name)
        forwards = None
        if "forwards" in known:
            from vnetmgr.spec.forwards import read_forwards

            forwards = read_forwards(document, name, pairs["forwards"][0], known["forwards"])
        prune = self._prune(origin, known.get("prune"))
        host = read_host(document, known["host"], "host") if "host" in known else None
        return SpecDomain(
            name=name, origin=origin, prune=prune, nics=tuple(nics), forwards=forwards, host=host
        )
